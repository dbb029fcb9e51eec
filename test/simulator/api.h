/*
 * api.h
 *		What api.c (the endpoints) and params.c (their parameters) share.
 */
#ifndef API_H
#define API_H

#include "sim.h"

typedef struct Call
{
	Request    *r;
	Vehicle    *v;
	Trip	   *t;
	const char *id;				/* the last id of the path */
	unsigned	ext;
	unsigned	groups;
	double		min_km,
				max_km,
				min_s,
				max_s;
	unsigned	states;
	/* of the side that commands, commands.h */
	struct Callback *callback;
	struct Monitor *monitor;
	struct Action *action;
	json_t	   *doc;			/* the body */
} Call;

typedef struct Endpoint
{
	const char *pattern;		/* {v}: a vehicle, {t}: a trip, {x}: any id */
	const char *params;			/* each between blanks */
	int			page_max;		/* 0 = no pageSize; the page is 60 then */
	unsigned	required;
	bool		geo;
	void		(*answer) (Call *c);
} Endpoint;

extern bool pattern_fits(const char *pattern, const Request *r);
extern void unknown_vehicle(Request *r);
extern bool params_known(Request *r, const Endpoint *e);
extern bool params_read(Call *c, const Endpoint *e);
extern bool token_read_in(Call *c);

#endif
