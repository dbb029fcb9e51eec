/*
 * qual_tree.h
 *	  The trees of conditions that qual.c makes and qual_eval.c evaluates.
 *
 * A key's tree is a List that starts with an Integer, its QualOp: for
 * QUAL_AND and QUAL_OR the subtrees follow, for a condition the position of its
 * operand among the operands.  A condition that the API cannot use is simply
 * not in the tree: the tree is implied by the clauses, never the other way round.
 */
#ifndef STELLANTIS_QUAL_TREE_H
#define STELLANTIS_QUAL_TREE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/value.h"

typedef enum QualOp
{
	QUAL_AND,
	QUAL_OR,
	QUAL_LT,
	QUAL_LE,
	QUAL_EQ,					/* also = ANY: an operand has one value or many */
	QUAL_GE,
	QUAL_GT,
	QUAL_LIKE
} QualOp;

static inline QualOp
tree_op(List *tree)
{
	return (QualOp) intVal(linitial(tree));
}

#endif							/* STELLANTIS_QUAL_TREE_H */
