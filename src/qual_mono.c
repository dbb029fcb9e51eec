/*
 * qual_mono.c
 *	  Conditions on a function of the time column: which functions are known,
 *	  and from a condition to ranges of the column.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "compat.h"
#include "nodes/nodeFuncs.h"
#include "qual_mono.h"
#include "qual_tree.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* In one number, or one day, so many of what ranges are of. */
#define MILLIONTHS	INT64CONST(1000000)

/* Numbers beyond are none that a time gives. */
#define GREATEST_NUMBER INT64CONST(9000000000000)

static const MonoFunction functions[] = {
	/* casts */
	{F_TIMESTAMP_TIMESTAMPTZ, 0, MONO_UTC, invert_to_local},
	{F_TIMESTAMPTZ_TIMESTAMP, 0, 0, invert_to_utc},
	{F_TIMESTAMPTZ_DATE, 0, 0, invert_to_utc},
	{F_TIMESTAMP_DATE, 0, 0, invert_nothing},
	{F_DATE_TIMESTAMPTZ, 0, MONO_UTC, invert_to_date},
	{F_DATE_TIMESTAMP, 0, 0, invert_to_date},
	{F_TIMESTAMP_TIMESTAMP_INT4, 0, 0, invert_round},
	{F_TIMESTAMPTZ_TIMESTAMPTZ_INT4, 0, MONO_UTC, invert_round},
	{F_INT2_NUMERIC, 0, 0, invert_integer},
	{F_INT4_NUMERIC, 0, 0, invert_integer},
	{F_INT8_NUMERIC, 0, 0, invert_integer},
	{F_INT2_FLOAT8, 0, 0, invert_integer},
	{F_INT4_FLOAT8, 0, 0, invert_integer},
	{F_INT8_FLOAT8, 0, 0, invert_integer},

	/* AT TIME ZONE */
	{F_TIMEZONE_TEXT_TIMESTAMPTZ, 1, MONO_UTC, invert_to_local},
	{F_TIMEZONE_TEXT_TIMESTAMP, 1, 0, invert_to_utc},
	{F_TIMEZONE_TIMESTAMPTZ, 0, MONO_UTC, invert_to_local},
	{F_TIMEZONE_TIMESTAMP, 0, 0, invert_to_utc},

	/* to some unit */
	{F_DATE_TRUNC_TEXT_TIMESTAMP, 1, 0, invert_trunc},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ, 1, MONO_UTC, invert_trunc},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT, 1, MONO_UTC, invert_trunc},
	{F_DATE_BIN_INTERVAL_TIMESTAMP_TIMESTAMP, 1, 0, invert_bin},
	{F_DATE_BIN_INTERVAL_TIMESTAMPTZ_TIMESTAMPTZ, 1, MONO_UTC, invert_bin},

	/* + and - */
	{F_TIMESTAMPTZ_PL_INTERVAL, 0, MONO_UTC, invert_shift},
	{F_TIMESTAMPTZ_MI_INTERVAL, 0, MONO_UTC | MONO_MINUS, invert_shift},
	{F_TIMESTAMP_PL_INTERVAL, 0, 0, invert_shift},
	{F_TIMESTAMP_MI_INTERVAL, 0, MONO_MINUS, invert_shift},
	{F_DATE_PL_INTERVAL, 0, 0, invert_shift},
	{F_DATE_MI_INTERVAL, 0, MONO_MINUS, invert_shift},
	{F_TIMESTAMPTZ_MI, 0, MONO_UTC, invert_distance},
	{F_TIMESTAMPTZ_MI, 1, MONO_UTC | MONO_FALLS, invert_distance},
	{F_TIMESTAMP_MI, 0, 0, invert_distance},
	{F_TIMESTAMP_MI, 1, MONO_FALLS, invert_distance},
	{F_DATE_MI, 0, 0, invert_days},
	{F_DATE_MI, 1, MONO_FALLS, invert_days},

	{F_EXTRACT_TEXT_TIMESTAMPTZ, 1, MONO_UTC, invert_field},
	{F_EXTRACT_TEXT_TIMESTAMP, 1, 0, invert_field},
	{F_EXTRACT_TEXT_DATE, 1, 0, invert_field},
	{F_DATE_PART_TEXT_TIMESTAMPTZ, 1, MONO_UTC | MONO_INEXACT, invert_field},
	{F_DATE_PART_TEXT_TIMESTAMP, 1, MONO_INEXACT, invert_field},
};

/* ---- plan time ---- */

/* The function that a node calls, and its arguments; or InvalidOid. */
static Oid
called_function(Node *node, List **args)
{
	if (IsA(node, FuncExpr))
	{
		*args = ((FuncExpr *) node)->args;
		return ((FuncExpr *) node)->funcid;
	}
	if (IsA(node, OpExpr))
	{
		*args = ((OpExpr *) node)->args;
		return get_opcode(((OpExpr *) node)->opno);
	}
	return InvalidOid;
}

bool
mono_find(Node *node, int after, MonoCall *call)
{
	List	   *args = NIL;
	Oid			oid;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	oid = called_function(node, &args);
	for (int i = after + 1; OidIsValid(oid) && i < lengthof(functions); i++)
		if (functions[i].oid == oid)
		{
			call->function = i;
			call->inner = list_nth(args, functions[i].column);
			call->args = list_delete_nth_cell(list_copy(args), functions[i].column);
			return true;
		}
	return false;
}

static bool
is_time_type(Oid type)
{
	return type == TIMESTAMPTZOID || type == TIMESTAMPOID || type == DATEOID;
}

static bool
is_number_type(Oid type)
{
	return type == NUMERICOID || type == FLOAT8OID || type == FLOAT4OID ||
		type == INT8OID || type == INT4OID || type == INT2OID;
}

bool
mono_comparable(Oid chain, Oid operand)
{
	/* whether there is an operator that takes both is another question */
	if (is_time_type(chain))
		return is_time_type(operand);
	if (is_number_type(chain))
		return is_number_type(operand);
	return chain == INTERVALOID && operand == INTERVALOID;
}

int
mono_promotion(Oid chain, Oid operand)
{
	int			i = 0;

	if (operand != TIMESTAMPTZOID || chain == TIMESTAMPTZOID)
		return -1;
	while (functions[i].oid != F_TIMESTAMPTZ_TIMESTAMP)
		i++;
	return i;
}

/* ---- values ---- */

static void
integer_range(int64 number, TimeRange *range)
{
	if (number < -GREATEST_NUMBER || number > GREATEST_NUMBER)
		return;
	range->lower = range->upper = number * MILLIONTHS;
}

static void
float_range(double number, TimeRange *range)
{
	double		margin = 1 + fabs(number) * 1e-6;	/* more than it is rounded by */

	/* written so that NaN is out of range, too */
	if (!(fabs(number) <= GREATEST_NUMBER))
		return;
	if (number == rint(number))
	{
		integer_range((int64) number, range);
		return;
	}
	range->lower = (int64) floor(number * MILLIONTHS - margin);
	range->upper = (int64) ceil(number * MILLIONTHS + margin);
}

static void
numeric_range(Datum number, TimeRange *range)
{
	double		about = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, number));
	Datum		scaled;

	if (!(fabs(about) <= GREATEST_NUMBER))
		return;
	scaled = DirectFunctionCall2(numeric_mul, number, NumericGetDatum(int64_to_numeric(MILLIONTHS)));
	range->lower = DatumGetInt64(DirectFunctionCall1(numeric_int8,
													 DirectFunctionCall1(numeric_floor, scaled)));
	range->upper = DatumGetInt64(DirectFunctionCall1(numeric_int8,
													 DirectFunctionCall1(numeric_ceil, scaled)));
}

static void
interval_range(const Interval *interval, TimeRange *range)
{
	int64		days = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	int64		span;

	if (!pg_mul_s64_overflow(days, USECS_PER_DAY, &span) &&
		!pg_add_s64_overflow(span, interval->time, &span))
		range->lower = range->upper = span;
}

void
mono_value_range(Datum value, Oid type, TimeRange *range)
{
	int			overflow = 0;

	no_bounds(range);
	switch (type)
	{
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			if (!TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
				range->lower = range->upper = DatumGetTimestamp(value);
			break;
		case DATEOID:
			mono_value_range(TimestampGetDatum(date2timestamp_opt_overflow(DatumGetDateADT(value), &overflow)),
							 TIMESTAMPOID, range);
			break;
		case INTERVALOID:
			interval_range(DatumGetIntervalP(value), range);
			break;
		case INT2OID:
			integer_range(DatumGetInt16(value), range);
			break;
		case INT4OID:
			integer_range(DatumGetInt32(value), range);
			break;
		case INT8OID:
			integer_range(DatumGetInt64(value), range);
			break;
		case FLOAT4OID:
			float_range(DatumGetFloat4(value), range);
			break;
		case FLOAT8OID:
			float_range(DatumGetFloat8(value), range);
			break;
		case NUMERICOID:
			numeric_range(value, range);
			break;
	}
}

/* ---- ranges ---- */

/* From a range that holds a value to what compares with that value so. */
static void
compared_range(QualOp op, TimeRange *range)
{
	/* what is compared is whole: beyond an exact bound is the next number */
	bool		next = (range->lower == range->upper);

	if (op == QUAL_GT && next)
		range->lower++;
	if (op == QUAL_LT && next)
		range->upper--;
	if (op == QUAL_LT || op == QUAL_LE)
		range->lower = DT_NOBEGIN;
	if (op == QUAL_GT || op == QUAL_GE)
		range->upper = DT_NOEND;
}

/* What the steps of a chain are, from outside in. */
static List *
chain_steps(List *condition)
{
	return list_copy_tail(lthird(condition), 1);
}

bool
mono_falls(List *condition)
{
	List	   *chain = chain_steps(condition);
	bool		falls = false;
	ListCell   *lc;

	foreach(lc, chain)
		if (functions[intVal(linitial((List *) lfirst(lc)))].flags & MONO_FALLS)
			falls = !falls;
	return falls;
}

bool
mono_is_known(List *condition, const QualValues *values)
{
	List	   *chain = chain_steps(condition);
	ListCell   *lc;

	if (values->values[intVal(lsecond(condition))].unknown)
		return false;
	foreach(lc, chain)
		for (int i = 1; i < list_length(lfirst(lc)); i++)
			if (values->values[intVal(list_nth(lfirst(lc), i))].unknown)
				return false;
	return true;
}

/* False if an argument is NULL: then so is what the function gives. */
static bool
find_step(List *numbers, const QualValues *values, MonoStep *step)
{
	step->function = &functions[intVal(linitial(numbers))];
	step->nargs = list_length(numbers) - 1;
	for (int i = 0; i < step->nargs; i++)
	{
		step->args[i] = &values->values[intVal(list_nth(numbers, i + 1))];
		if (step->args[i]->isnull)
			return false;
	}
	return true;
}

void
mono_ranges(List *condition, const QualValues *values, TimeRanges *result)
{
	const QualValue *value = &values->values[intVal(lsecond(condition))];
	bool		utc = intVal(linitial((List *) lthird(condition))) != 0;
	List	   *calls = chain_steps(condition);
	int			nsteps = list_length(calls);
	MonoStep   *steps = palloc(sizeof(MonoStep) * nsteps);

	result->n = 0;
	result->ranges = palloc(sizeof(TimeRange) * Max(value->n, 1));
	if (value->isnull)
		return;
	for (int i = 0; i < nsteps; i++)
		if (!find_step(list_nth(calls, i), values, &steps[i]))
			return;
	for (int i = 0; i < value->n; i++)
	{
		TimeRange	range = value->ranges[i];

		CHECK_FOR_INTERRUPTS();
		if (utc)				/* also a timestamp or date, as the operator sees it */
			mono_value_range(TimestampTzGetDatum(value->times[i]), TIMESTAMPTZOID, &range);
		compared_range(tree_op(condition), &range);
		for (int s = 0; s < nsteps && range.lower <= range.upper; s++)
			steps[s].function->invert(&steps[s], &range);
		if (range.lower <= range.upper)
			result->ranges[result->n++] = range;
	}
	time_ranges_merge(result);
}
