/*
 * qual.c
 *	  WHERE -> what the API can filter, at plan time: clauses to trees.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "qual.h"
#include "qual_mono.h"
#include "qual_tree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* What an extraction carries around. */
typedef struct ExtractContext
{
	PlannerInfo *root;
	RelOptInfo *rel;
	const QualColumns *columns;
	QualKey		key;
	List	  **operands;		/* NULL when only the answer matters */
	bool	   *exact;			/* set to false when something is left out */
} ExtractContext;

static List *extract_tree(ExtractContext *context, Node *clause);

bool
qual_trips_are_list(const Resource *resource)
{
	return resource->trip_column != NULL &&
		catalog_column(resource, resource->trip_column)->type == TEXTARRAYOID;
}

QualKey
qual_filter_key(ColumnFilter filter)
{
	return filter == FILTER_DISTANCE ? KEY_DISTANCE :
		filter == FILTER_DURATION ? KEY_DURATION : KEY_KIND;
}

/* The key that a column of the catalog is, or -1. */
static int
column_key(const Resource *resource, const CatalogColumn *column)
{
	switch (column->source)
	{
		case SRC_ACCOUNT:
			return KEY_ACCOUNT;
		case SRC_VEHICLE_ID:
			return KEY_VEHICLE;
		case SRC_VIN:
			return KEY_VIN;
		case SRC_TRIP_ID:
			return KEY_TRIP;
		case SRC_CALLBACK_ID:
			return KEY_CALLBACK;
		case SRC_TOLERANCE:
			return KEY_TOLERANCE;
		case SRC_JSON:
			break;
	}
	if (column->filter != FILTER_NONE)
		return qual_filter_key(column->filter);
	if (resource->trip_column != NULL && strcmp(column->name, resource->trip_column) == 0)
		return KEY_TRIP;
	if (resource->time_column != NULL && strcmp(column->name, resource->time_column) == 0)
		return KEY_TIME;

	/* the vehicles themselves carry their id and VIN in their JSON */
	if (resource->object_endpoint == NULL)
		return -1;
	if (strcmp(column->name, "id") == 0)
		return resource->lists_vehicles ? KEY_VEHICLE : KEY_ID;
	if (resource->lists_vehicles && strcmp(column->name, "vin") == 0)
		return KEY_VIN;
	return -1;
}

void
qual_columns(const Resource *resource, const TableColumn *table, int ncolumns,
			 QualColumns *columns)
{
	memset(columns, 0, sizeof(QualColumns));
	columns->trips_are_list = qual_trips_are_list(resource);
	for (int i = 0; i < ncolumns; i++)
	{
		int			key = -1;

		if (table[i].attnum != 0 && table[i].catalog != NULL)
			key = column_key(resource, table[i].catalog);
		if (key >= 0)
			columns->attnum[key] = table[i].attnum;
	}
}

static bool
is_key_column(const ExtractContext *context, Node *node)
{
	Var		   *var;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	var = (Var *) node;
	return IsA(var, Var) &&
		context->columns->attnum[context->key] != 0 &&
		var->varno == context->rel->relid &&
		var->varlevelsup == 0 &&
		var->varattno == context->columns->attnum[context->key];
}

/* The result of an uncorrelated subquery: one value for the whole query. */
static bool
is_init_plan_result(PlannerInfo *root, int paramid)
{
	ListCell   *lc;

	for (; root != NULL; root = root->parent_root)
		foreach(lc, root->init_plans)
			if (list_member_int(((SubPlan *) lfirst(lc))->setParam, paramid))
				return true;
	return false;
}

/* Is there a parameter of an outer query or of a join?  "context" is the root. */
static bool
has_outer_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC &&
			!is_init_plan_result(context, ((Param *) node)->paramid);
	return expression_tree_walker(node, has_outer_param, context);
}

bool
qual_operands_vary(PlannerInfo *root, List *operands)
{
	return !bms_is_empty(pull_varnos(root, (Node *) operands)) ||
		has_outer_param((Node *) operands, root);
}

bool
qual_is_filter_key(QualKey key)
{
	return key == KEY_TOLERANCE || key == KEY_DISTANCE || key == KEY_DURATION || key == KEY_KIND;
}

/*
 * Can the other side be computed before the scan asks for anything?  It may
 * hold constants, parameters, stable functions, and columns of outer rows.
 */
static bool
is_operand(const ExtractContext *context, Node *node)
{
	Relids		varnos = pull_varnos(context->root, node);

	if (bms_is_member(context->rel->relid, varnos) ||
		contain_volatile_functions(node) ||
		contain_subplans(node))
		return false;

	/*
	 * tolerance_km is an input: a row's value of it must not depend on the
	 * plan.  An outer row's column may be seen here or not, as a Var or as a
	 * Param of the executor, so neither counts.  Nor does it for filters that
	 * thin out the rows of what is asked for anyway: another value of theirs
	 * would be another request for nearly the same rows.
	 */
	return !qual_is_filter_key(context->key) ||
		(bms_is_empty(varnos) && !has_outer_param(node, context->root));
}

/*
 * The side of the column: the column itself, or for the time column a chain of
 * known functions around it.  "steps" gets, from outside in, Lists of a
 * function's number and its other arguments.
 */
static bool
is_column_side(const ExtractContext *context, Node *node, List **steps)
{
	MonoCall	call = {-1};

	if (is_key_column(context, node))
		return true;
	while (context->key == KEY_TIME && mono_find(node, call.function, &call))
	{
		bool		usable = true;
		ListCell   *lc;

		foreach(lc, call.args)
			usable &= is_operand(context, lfirst(lc));
		if (usable && is_column_side(context, call.inner, steps))
		{
			*steps = lcons(lcons(makeInteger(call.function), call.args), *steps);
			return true;
		}
	}
	return false;
}

/* The type of a key's column. */
static Oid
key_type(const ExtractContext *context)
{
	switch (context->key)
	{
		case KEY_TIME:
			return TIMESTAMPTZOID;
		case KEY_TOLERANCE:
		case KEY_DISTANCE:
			return FLOAT8OID;
		case KEY_DURATION:
			return INTERVALOID;
		default:
			return TEXTOID;
	}
}

/* May the other side have this type?  "column" is that of the side of the column. */
static bool
is_operand_type(const ExtractContext *context, Oid column, Oid type)
{
	switch (key_type(context))
	{
		case TIMESTAMPTZOID:
			return mono_comparable(column, type);
		case FLOAT8OID:
			return type == FLOAT8OID || type == FLOAT4OID;
		case INTERVALOID:
			return type == INTERVALOID;
		default:
			return type == TEXTOID || type == VARCHAROID || type == NAMEOID;
	}
}

/*
 * The strategy of an operator in the default btree family of the key's type,
 * or of that of what is made of the time column.
 */
static int
btree_strategy(const ExtractContext *context, Oid column, Oid opno)
{
	Oid			type = context->key == KEY_TIME ? column : key_type(context);
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);

	return get_op_opfamily_strategy(opno, entry->btree_opf);
}

/* Is the key's column a list, of which a condition concerns an element? */
static bool
is_list_key(const ExtractContext *context)
{
	return context->key == KEY_TRIP && context->columns->trips_are_list;
}

/* Keys of which not only single values but ranges can be asked for. */
static bool
is_range_key(QualKey key)
{
	return key == KEY_TIME || key == KEY_DISTANCE || key == KEY_DURATION;
}

/* What is asked for brings rows, too, that equality on the key drops. */
static bool
is_superset_key(const ExtractContext *context)
{
	return is_range_key(context->key) || context->key == KEY_ID ||
		context->key == KEY_KIND || is_list_key(context);
}

/* Equality as PostgreSQL sees it must be equality of bytes. */
static bool
is_usable_collation(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

static Node *
add_operand(ExtractContext *context, Node *operand)
{
	if (context->operands == NULL)
		return (Node *) makeInteger(0);
	*context->operands = lappend(*context->operands, copyObject(operand));
	return (Node *) makeInteger(list_length(*context->operands) - 1);
}

static List *
make_condition(ExtractContext *context, QualOp op, Node *operand)
{
	return list_make2(makeInteger(op), add_operand(context, operand));
}

/* "column" is the type of what the outermost of the functions gives. */
static List *
make_chain_condition(ExtractContext *context, QualOp op, Node *operand, Oid column, List *steps)
{
	List	   *condition = make_condition(context, op, operand);
	Oid			type = exprType(operand);
	int			promotion;
	List	   *chain;
	ListCell   *lc;

	if (steps == NIL)
		return condition;
	if (OidIsValid(get_base_element_type(type)))
		type = get_base_element_type(type);
	promotion = mono_promotion(column, type);
	chain = list_make1(makeInteger(column == TIMESTAMPTZOID || promotion >= 0));
	if (promotion >= 0)
		chain = lappend(chain, list_make1(makeInteger(promotion)));
	foreach(lc, steps)
	{
		List	   *step = list_copy(lfirst(lc));

		for (int i = 1; i < list_length(step); i++)
			lfirst(list_nth_cell(step, i)) = add_operand(context, list_nth(step, i));
		chain = lappend(chain, step);
	}
	return lappend(condition, chain);
}

/* A constant pattern such as '%001' says nothing of how a text begins. */
static bool
has_no_prefix(Node *pattern)
{
	Const	   *constant = (Const *) pattern;

	return IsA(pattern, Const) && !constant->constisnull &&
		strchr("%_", TextDatumGetCString(constant->constvalue)[0]) != NULL;
}

/* column @> array */
static List *
extract_contains(ExtractContext *context, Oid opno, Node *operand)
{
	if (opno != OID_ARRAY_CONTAINS_OP ||
		!is_operand_type(context, TEXTOID, get_base_element_type(exprType(operand))))
		return NIL;
	*context->exact = false;
	return make_condition(context, QUAL_CONTAINS, operand);
}

/* column op operand, or operand op column */
static List *
extract_op(ExtractContext *context, OpExpr *clause)
{
	Node	   *left,
			   *right;
	Oid			opno = clause->opno;
	Oid			column;
	List	   *steps = NIL;
	int			strategy;

	if (list_length(clause->args) != 2 || !is_usable_collation(clause->inputcollid))
		return NIL;
	left = linitial(clause->args);
	right = lsecond(clause->args);
	if (!is_column_side(context, left, &steps))
	{
		Node	   *swap = left;

		opno = get_commutator(opno);
		left = right;
		right = swap;
		if (!is_column_side(context, left, &steps))
			return NIL;
	}
	column = exprType(left);
	if (!OidIsValid(opno) || !is_operand(context, right))
		return NIL;
	if (is_list_key(context))
		return extract_contains(context, opno, right);
	if (!is_operand_type(context, column, exprType(right)))
		return NIL;

	if (opno == OID_TEXT_LIKE_OP)
	{
		if ((context->key != KEY_VIN && context->key != KEY_ACCOUNT) || has_no_prefix(right))
			return NIL;
		*context->exact = false;
		return make_condition(context, QUAL_LIKE, right);
	}

	strategy = btree_strategy(context, column, opno);
	if (strategy != BTEqualStrategyNumber && (strategy == 0 || !is_range_key(context->key)))
		return NIL;
	if (is_superset_key(context))
		*context->exact = false;
	return make_chain_condition(context, QUAL_LT + strategy - BTLessStrategyNumber,
								right, column, steps);
}

/*
 * (column, ...) < (operand, ...) and its like say column <= operand: where the
 * others decide, these two are equal.
 */
static List *
extract_row(ExtractContext *context, RowCompareExpr *clause)
{
	Expr	   *left = linitial(clause->largs);
	Expr	   *right = linitial(clause->rargs);
	Oid			opfamily = linitial_oid(clause->opfamilies);
	int			strategy = get_op_opfamily_strategy(linitial_oid(clause->opnos), opfamily);
	Oid			opno = get_opfamily_member(opfamily, exprType((Node *) left), exprType((Node *) right),
										   strategy <= BTLessEqualStrategyNumber ?
										   BTLessEqualStrategyNumber : BTGreaterEqualStrategyNumber);

	*context->exact = false;
	if (!OidIsValid(opno))
		return NIL;
	return extract_op(context, (OpExpr *) make_opclause(opno, BOOLOID, false, left, right, InvalidOid,
														linitial_oid(clause->inputcollids)));
}

/* lower(range) or upper(range), or an infinity where there is none. */
static Expr *
range_bound(Node *range, Oid type, bool lower)
{
	Expr	   *bound = (Expr *) makeFuncExpr(lower ? F_LOWER_ANYRANGE : F_UPPER_ANYRANGE, type,
											  list_make1(range), InvalidOid, InvalidOid,
											  COERCE_EXPLICIT_CALL);
	CoalesceExpr *result = makeNode(CoalesceExpr);
	Datum		none = type == DATEOID ?
		DateADTGetDatum(lower ? DATEVAL_NOBEGIN : DATEVAL_NOEND) :
		TimestampTzGetDatum(lower ? DT_NOBEGIN : DT_NOEND);

	result->coalescetype = type;
	result->args = list_make2(bound, makeConst(type, -1, InvalidOid, get_typlen(type), none, false,
											   get_typbyval(type)));
	result->location = -1;
	return (Expr *) result;
}

/* column <@ range, range @> column: between the range's bounds, these included */
static List *
extract_range(ExtractContext *context, OpExpr *clause)
{
	bool		contains = clause->opno == OID_RANGE_CONTAINS_ELEM_OP;
	Node	   *column = list_nth(clause->args, contains ? 1 : 0);
	Node	   *range = list_nth(clause->args, contains ? 0 : 1);
	Oid			type = exprType(column);
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	List	   *both = NIL;

	if (type != TIMESTAMPTZOID && type != TIMESTAMPOID && type != DATEOID)
		return NIL;
	for (int i = 0; i < 2; i++)
	{
		Oid			opno = get_opfamily_member(cache->btree_opf, type, type,
											   i == 0 ? BTGreaterEqualStrategyNumber : BTLessEqualStrategyNumber);

		both = lappend(both, make_opclause(opno, BOOLOID, false, (Expr *) column,
										   range_bound(range, type, i == 0), InvalidOid, InvalidOid));
	}
	*context->exact = false;
	return extract_tree(context, (Node *) makeBoolExpr(AND_EXPR, both, -1));
}

/* column = ANY (array), or operand = ANY (column) */
static List *
extract_array_op(ExtractContext *context, ScalarArrayOpExpr *clause)
{
	bool		is_list = is_list_key(context);
	Node	   *left = is_list ? lsecond(clause->args) : linitial(clause->args);
	Node	   *right = is_list ? linitial(clause->args) : lsecond(clause->args);
	Oid			column = exprType(left);
	Oid			type = exprType(right);
	List	   *steps = NIL;

	if (!clause->useOr || context->key == KEY_TOLERANCE ||
		!is_usable_collation(clause->inputcollid) ||
		!is_column_side(context, left, &steps) ||
		btree_strategy(context, column, clause->opno) != BTEqualStrategyNumber ||
		!is_operand_type(context, column, is_list ? type : get_base_element_type(type)) ||
		!is_operand(context, right))
		return NIL;
	if (is_superset_key(context))
		*context->exact = false;
	return make_chain_condition(context, QUAL_EQ, right, column, steps);
}

/*
 * A conjunction is as selective as whatever of it can be used; a disjunction
 * can be used only when all of it can.  Of trips in a list it cannot: a row
 * that belongs to two would come twice.
 */
static List *
extract_bool(ExtractContext *context, BoolExpr *clause)
{
	List	   *result = NIL;
	ListCell   *lc;

	if (clause->boolop == NOT_EXPR || context->key == KEY_TOLERANCE ||
		(clause->boolop == OR_EXPR && is_list_key(context)))
		return NIL;
	foreach(lc, clause->args)
	{
		List	   *subtree = extract_tree(context, lfirst(lc));

		if (subtree != NIL)
			result = lappend(result, subtree);
		else if (clause->boolop == OR_EXPR)
			return NIL;
		else
			*context->exact = false;
	}
	if (result == NIL)
		return NIL;
	return lcons(makeInteger(clause->boolop == AND_EXPR ? QUAL_AND : QUAL_OR), result);
}

static List *
extract_tree(ExtractContext *context, Node *clause)
{
	if (IsA(clause, RestrictInfo))
		clause = (Node *) ((RestrictInfo *) clause)->clause;
	if (IsA(clause, BooleanTest) && ((BooleanTest *) clause)->booltesttype == IS_TRUE)
		clause = (Node *) ((BooleanTest *) clause)->arg;
	if (IsA(clause, OpExpr) && context->key == KEY_TIME &&
		(((OpExpr *) clause)->opno == OID_RANGE_CONTAINS_ELEM_OP ||
		 ((OpExpr *) clause)->opno == OID_RANGE_ELEM_CONTAINED_OP))
		return extract_range(context, (OpExpr *) clause);
	if (IsA(clause, OpExpr))
		return extract_op(context, (OpExpr *) clause);
	if (IsA(clause, RowCompareExpr))
		return extract_row(context, (RowCompareExpr *) clause);
	if (IsA(clause, ScalarArrayOpExpr))
		return extract_array_op(context, (ScalarArrayOpExpr *) clause);
	if (IsA(clause, BoolExpr))
		return extract_bool(context, (BoolExpr *) clause);
	return NIL;
}

bool
qual_clause_has_key(PlannerInfo *root, RelOptInfo *rel, const QualColumns *columns,
					QualKey key, Expr *clause)
{
	bool		exact;
	ExtractContext context = {root, rel, columns, key, NULL, &exact};

	return extract_tree(&context, (Node *) clause) != NIL;
}

void
qual_extract(PlannerInfo *root, RelOptInfo *rel, const QualColumns *columns,
			 List *clauses, QualTrees *result)
{
	ListCell   *lc;

	memset(result, 0, sizeof(QualTrees));
	result->exact = true;
	foreach(lc, clauses)
	{
		bool		pushed = false;
		bool		exact = false;

		for (int key = 0; key < QUAL_NKEYS; key++)
		{
			List	   *operands = list_copy(result->operands);
			bool		key_exact = true;
			ExtractContext context = {root, rel, columns, key, &operands, &key_exact};
			List	   *tree = extract_tree(&context, lfirst(lc));

			if (tree == NIL)
				continue;		/* and drop the operands of what was half usable */
			result->operands = operands;
			if (result->tree[key] == NIL)
				result->tree[key] = list_make1(makeInteger(QUAL_AND));
			result->tree[key] = lappend(result->tree[key], tree);
			pushed = true;
			exact |= key_exact;
		}
		if (pushed)
			result->pushed = lappend_int(result->pushed, foreach_current_index(lc));
		result->exact &= exact;
	}
}

/* How many values an operand has, or -1 when only the run time knows. */
static int
operand_count(Node *operand)
{
	if (!OidIsValid(get_base_element_type(exprType(operand))))
		return 1;
	if (IsA(operand, ArrayExpr) && !((ArrayExpr *) operand)->multidims)
		return list_length(((ArrayExpr *) operand)->elements);
	if (IsA(operand, Const))
	{
		Const	   *array = (Const *) operand;

		if (array->constisnull)
			return 0;
		return ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(array->constvalue)),
							  ARR_DIMS(DatumGetArrayTypeP(array->constvalue)));
	}
	return -1;
}

int
qual_tree_count(List *tree, List *operands)
{
	int			count = -1;

	if (tree == NIL)
		return -1;
	switch (tree_op(tree))
	{
		case QUAL_AND:
			for (int i = 1; i < list_length(tree); i++)
			{
				int			n = qual_tree_count(list_nth(tree, i), operands);

				if (n >= 0 && (count < 0 || n < count))
					count = n;
			}
			return count;
		case QUAL_OR:
			count = 0;
			for (int i = 1; i < list_length(tree); i++)
			{
				int			n = qual_tree_count(list_nth(tree, i), operands);

				if (n < 0)
					return -1;
				count += n;
			}
			return count;
		case QUAL_EQ:
			return operand_count(list_nth(operands, intVal(lsecond(tree))));
		case QUAL_CONTAINS:

			/* any one of them is enough; but of an empty array there is none */
			count = operand_count(list_nth(operands, intVal(lsecond(tree))));
			return count > 0 ? 1 : -1;
		default:
			return -1;
	}
}
