# Makes a psql script of the ```sql blocks of a document, each a TAP test.

function begin_block()
{
	number++
	line = FNR
	inside = 1
	sub(/[^ \t].*/, "")
	indent = length($0)
	blocks = blocks "\\set LAST_ERROR_SQLSTATE 00000\n"
}

# The semicolon ends a statement that the block leaves open, the empty line what
# \prompt leaves.
function end_block()
{
	inside = 0
	blocks = blocks ";\nSELECT :'LAST_ERROR_SQLSTATE' = '00000' AS block_passed \\gset\n\\echo\n" \
		"\\if :block_passed\n\\echo ok " number " - " file " line " line "\n" \
		"\\else\n\\echo not ok " number " - " file " line " line "\nROLLBACK;\n\\endif\n"
}

inside && /^[ \t]*```/ { end_block(); next }
inside { blocks = blocks substr($0, indent + 1) "\n"; next }
/^[ \t]*```sql/ { begin_block() }

END {
	if (number > 0)
		printf "\\echo 1..%d\n%s", number, blocks
	if (inside)
		print "\\echo Bail out! " file " line " line ": the block has no end"
}
