/*
 * totals.h
 *	  How many rows there are: what the API said of it in this session, else
 *	  what the catalog supposes.  For the planner; nothing of it is secret.
 */
#ifndef STELLANTIS_TOTALS_H
#define STELLANTIS_TOTALS_H

#include "postgres.h"

#include "catalog.h"

/* Lengths of time that are told apart: see totals.c. */
#define TOTALS_NSPANS	6

/* In place of a number of days: all that there is. */
#define TOTALS_ALL		(-1.0)

/* A resource's rows of one vehicle, of one trip, or of the account. */
typedef struct Totals
{
	const Resource *resource;
	double		all;			/* -1 when the API has not said it */
	int			nspans;
	struct
	{
		double		days;		/* ascending */
		double		rows;
	}			spans[TOTALS_NSPANS];
} Totals;

/*
 * The API said that there are so many rows of one vehicle (trip, account) in a
 * range of so many days, or in all.
 */
extern void totals_report(Oid serverid, Oid userid, const Resource *resource,
						  double days, double rows);

/* What is known of a role's account. */
extern void totals_get(Oid serverid, Oid userid, const Resource *resource,
					   Totals *result);

/* Rows of one vehicle, trip or account: all, and in a range of so many days. */
extern double totals_all(const Totals *totals);
extern double totals_within(const Totals *totals, double days);

/* Vehicles of the account; rows of one of them in one of the last days. */
extern double totals_vehicles(Oid serverid, Oid userid);
extern double totals_rows_per_day(Oid serverid, Oid userid, const Resource *resource);

#endif							/* STELLANTIS_TOTALS_H */
