/*
 * words.c
 *	  What people write, and what the API wants to read.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/shortest_dec.h"
#include "pgtime.h"
#include "utils/json.h"
#include "utils/timestamp.h"
#include "words.h"

/* More than that no duration is: so that sums do not overflow. */
#define MOST_DIGITS		6

/* The last year that RFC 3339 can write. */
#define LAST_YEAR		9999

const char *
word_of(const char *list, const char *text)
{
	while (*list != '\0')
	{
		size_t		length = strcspn(list, "|");

		if (strlen(text) == length && pg_strncasecmp(list, text, length) == 0)
			return pnstrdup(list, length);
		list += length + (list[length] == '|');
	}
	return NULL;
}

char *
words_listed(const char *list)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *list != '\0'; list++)
	{
		if (*list == '|' || *list == ',')
			appendStringInfoString(&out, ", ");
		else
			appendStringInfoChar(&out, *list);
	}
	return out.data;
}

char *
words_joined(const char *const *names, int nnames)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < nnames; i++)
		appendStringInfo(&out, "%s%s", i > 0 ? ", " : "", names[i]);
	return out.data;
}

const char *
word_weekday(const char *text)
{
	static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday", "Sunday"};

	for (int i = 0; i < lengthof(days); i++)
	{
		if (pg_strcasecmp(text, days[i]) == 0 ||
			(strlen(text) == 3 && pg_strncasecmp(text, days[i], 3) == 0))
			return pnstrdup(days[i], 3);
	}
	return NULL;
}

bool
word_is_name(const char *text)
{
	const char *at = text;

	while (isalpha((unsigned char) *at))
		at++;
	if (at == text)
		return false;
	if (*at == '.' || *at == '_')
		at++;
	return at[strspn(at, "0123456789")] == '\0';
}

char *
iso_duration(int64 seconds)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "PT");
	if (seconds >= 3600)
		appendStringInfo(&out, INT64_FORMAT "H", seconds / 3600);
	if (seconds % 3600 >= 60)
		appendStringInfo(&out, "%dM", (int) (seconds % 3600 / 60));
	if (seconds % 60 > 0 || seconds == 0)
		appendStringInfo(&out, "%dS", (int) (seconds % 60));
	return out.data;
}

/* The number at *text, behind which it leaves that; -1 if there is none. */
static int64
read_number(const char **text)
{
	int64		number = 0;
	int			digits;

	for (digits = 0; isdigit((unsigned char) **text) && digits <= MOST_DIGITS; digits++)
		number = number * 10 + (*(*text)++ - '0');
	return digits == 0 || digits > MOST_DIGITS ? -1 : number;
}

/* Of "6:45" or "06:45:30". */
static int64
seconds_of_clock(const char *text)
{
	int64		hours = read_number(&text);
	int64		minutes;
	int64		seconds = 0;

	if (hours < 0 || *text++ != ':' || (minutes = read_number(&text)) < 0 || minutes > 59)
		return -1;
	if (*text == ':')
	{
		text++;
		seconds = read_number(&text);
	}
	if (*text != '\0' || seconds < 0 || seconds > 59)
		return -1;
	return hours * 3600 + minutes * 60 + seconds;
}

int64
seconds_of_duration(const char *text)
{
	static const struct
	{
		char		letter;
		int			seconds;
	}			units[] = {{'H', 3600}, {'M', 60}, {'S', 1}};
	int64		sum = 0;

	if (strncmp(text, "PT", 2) != 0)
		return seconds_of_clock(text);
	text += 2;
	if (*text == '\0')
		return -1;
	for (int i = 0; i < lengthof(units) && *text != '\0'; i++)
	{
		const char *end = text;
		int64		number = read_number(&end);

		if (number < 0)
			return -1;
		if (*end != units[i].letter)
			continue;
		sum += number * units[i].seconds;
		text = end + 1;
	}
	return *text == '\0' ? sum : -1;
}

char *
rfc3339(TimestampTz instant)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (TIMESTAMP_NOT_FINITE(instant) ||
		timestamp2tm(instant, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		tm.tm_year < 1 || tm.tm_year > LAST_YEAR)
		return NULL;
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02dZ",
					tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
append_json_number(StringInfo out, double number)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(number, digits);
	appendStringInfoString(out, digits);
}

void
append_json_text(StringInfo out, const char *text)
{
	escape_json(out, text);
}
