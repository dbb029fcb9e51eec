/*
 * qual_tree.h
 *	  The trees of conditions that qual.c makes and qual_eval.c evaluates.
 *
 * A key's tree is a List that starts with an Integer, its QualOp: for
 * QUAL_AND and QUAL_OR the subtrees follow, for a condition the position of its
 * operand among the operands.  If what is compared is not the column but a chain of
 * functions around it (qual_mono.h), a third member is the chain: an Integer, 1
 * if what the chain gives is compared as a timestamptz, and from outside in for
 * each function a List of its number and the positions of its other arguments
 * among the operands.  A condition that the API cannot use is simply
 * not in the tree: the tree is implied by the clauses, never the other way round.
 */
#ifndef STELLANTIS_QUAL_TREE_H
#define STELLANTIS_QUAL_TREE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "qual.h"

typedef enum QualOp
{
	QUAL_AND,
	QUAL_OR,
	QUAL_LT,
	QUAL_LE,
	QUAL_EQ,					/* also = ANY: an operand has one value or many */
	QUAL_GE,
	QUAL_GT,
	QUAL_LIKE,
	QUAL_CONTAINS				/* a list has all elements of the operand */
} QualOp;

static inline QualOp
tree_op(List *tree)
{
	return (QualOp) intVal(linitial(tree));
}

/* The value of a condition's operand. */
static inline QualValue *
tree_value(List *tree, const QualValues *values)
{
	return &values->values[intVal(lsecond(tree))];
}

#endif							/* STELLANTIS_QUAL_TREE_H */
