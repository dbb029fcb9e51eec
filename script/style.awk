# PostgreSQL's style, as far as a line at a time shows it.  Exit status 1 if
# anything is said.

function complain(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}

FNR == 1 {
	in_comment = 0
	previous = ""
	if ($0 != "/*")
		complain("a file opens with a comment that says what it is for")
}

FNR == 2 {
	name = FILENAME
	sub(/.*\//, "", name)
	if (index($0, " * " name) != 1)
		complain("the first comment names the file, " name)
}

/[ \t]$/ { complain("blanks at the end of the line") }
/\r/ { complain("a carriage return") }

# within a comment only blanks at the end matter
/^[ \t]*\/\*/ && !/\*\// { in_comment = 1 }
in_comment { if (/\*\//) in_comment = 0; previous = ""; next }

/^\t* {4}/ { complain("indented by blanks, not tabs") }
/(^|[^:"])\/\/ / { complain("a // comment") }
/^[ \t]*(if|for|while|switch|do|else)\>.*[^,={(]\{$/ || /^[ \t]*(else|do) \{$/ { complain("the brace goes on a line of its own") }
/^[ \t]*\}[ \t]*else/ { complain("the brace goes on a line of its own") }
/^[ \t]*(if|for|while|switch)\(/ { complain("a blank belongs after if, for, while, switch") }
/^\{$/ && previous ~ /^[A-Za-z_].*[ *][a-z_0-9]+ ?\([^;=]*\)$/ && previous !~ /^(struct|enum|union|typedef)/ {
	complain("the return type goes on a line of its own")
}
{ previous = $0 }

END { exit bad }
