/*
 * http_transfer.c
 *	  One request as libcurl sees it: its options, and how it ends.  What it
 *	  brings: http_intake.c.
 */
#include "postgres.h"

#include <unistd.h>

#include "http_identity.h"
#include "http_mux.h"
#include "http_transfer.h"

#define USER_AGENT			"stellantis_fdw/0.1.0"

/* Kept below the time after which servers commonly close idle connections. */
#define MAXAGE_CONN_S		50L

#define PROXY_DENIED		"the proxy answered 407"

/* ---------------------------------------------------------------------
 * Beginning
 * ---------------------------------------------------------------------
 */

bool
transfer_add_header(Transfer *transfer, const char *line)
{
	struct curl_slist *list = curl_slist_append(transfer->headers, line);

	if (list != NULL)
		transfer->headers = list;
	return list != NULL;
}

/*
 * libcurl's own words for such a file come late and are vague.
 */
const char *
transfer_unreadable_file(const HttpSettings *settings)
{
	const char *files[] = {settings->ca_file, settings->cert_file, settings->key_file};

	for (int i = 0; i < lengthof(files); i++)
	{
		if (files[i] != NULL && access(files[i], R_OK) != 0)
			return files[i];
	}
	return NULL;
}

#if LIBCURL_VERSION_NUM >= 0x075000
/*
 * CURLOPT_PREREQFUNCTION: the request is about to be sent.  When a connection
 * that was kept open dies before the answer begins, libcurl would send a GET
 * again by itself, and nobody would have counted it.  The second time
 * therefore ends the attempt.  Must not raise.
 */
static int
on_send(void *arg, char *to_ip, char *from_ip, int to_port, int from_port)
{
	Transfer   *transfer = arg;

	return ++transfer->sent > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}
#endif

/*
 * CURLOPT_DEBUGFUNCTION: TLS speaks, so TCP is there.  Must not raise.
 */
static int
on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	Transfer   *transfer = arg;

	transfer->tls_begun |= type == CURLINFO_SSL_DATA_OUT;
	return 0;
}

#define SET(option, value) \
	do { \
		if (rc == CURLE_OK) \
			rc = curl_easy_setopt(easy, (option), (value)); \
	} while (0)

/*
 * How to reach the host.  All that could send a request elsewhere than asked
 * is pinned: environment, redirects, other protocols.
 */
static CURLcode
set_reach(CURL *easy, const HttpSettings *s)
{
	CURLcode	rc = CURLE_OK;
	long		connect_ms = s->connect_timeout_ms > 0 ? s->connect_timeout_ms : INT_MAX;

	SET(CURLOPT_PROXY, s->proxy != NULL ? s->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	if (s->fresh)
	{
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
		SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	}
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, 60L);
	SET(CURLOPT_TCP_KEEPINTVL, 15L);
#if LIBCURL_VERSION_NUM >= 0x074100
	SET(CURLOPT_MAXAGE_CONN, MAXAGE_CONN_S);
#endif
	return rc;
}

/*
 * Are the authorities that the system trusts in a file that can be read?  The
 * same are often in a directory besides, by Debian for one; but libcurl keeps
 * what it has read only if it comes from a file alone.  Without that, each
 * connection parses them all: milliseconds in which no cancel is seen.
 */
static bool
system_has_ca_file(void)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	const char *file = curl_version_info(CURLVERSION_NOW)->cainfo;

	return file != NULL && access(file, R_OK) == 0;
#else
	return false;
#endif
}

/*
 * What leaves out the directory of authorities that the system trusts, so that a
 * file says it all.  Since 8.17 libcurl takes NULL for that directory: there it is
 * one in which nothing can be.  (GnuTLS wants a true one.)
 */
static const char *
no_ca_directory(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	return info->version_num >= 0x081100 && info->ssl_version != NULL &&
		strstr(info->ssl_version, "OpenSSL") != NULL ? "/dev/null" : NULL;
}

static CURLcode
set_tls(CURL *easy, const HttpSettings *s)
{
	CURLcode	rc = CURLE_OK;

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (s->ca_file != NULL)
		SET(CURLOPT_CAINFO, s->ca_file);
	if (s->ca_file != NULL || system_has_ca_file())
		SET(CURLOPT_CAPATH, no_ca_directory());
	if (s->cert_file != NULL)
	{
		char		path[HTTP_IDENTITY_PATH_LEN];
		bool		alone = !http_identity_path(s, path);

		SET(CURLOPT_SSLCERT, path);
		if (alone)
		{
			SET(CURLOPT_FRESH_CONNECT, 1L);
			SET(CURLOPT_FORBID_REUSE, 1L);
		}
	}
	if (s->key_file != NULL)
		SET(CURLOPT_SSLKEY, s->key_file);

	/* without one, OpenSSL would ask the terminal for it */
	SET(CURLOPT_KEYPASSWD, s->key_password != NULL ? s->key_password : "");

	/* several requests on one connection, where the server can */
	(void) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_PIPEWAIT, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a file that was replaced is seen within a minute */
	(void) curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
#endif
	return rc;
}

static CURLcode
set_request(CURL *easy, Transfer *transfer)
{
	CURLcode	rc = CURLE_OK;

	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_URL, transfer->url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTPGET, 1L);
	if (transfer->upload != NULL)
	{
		SET(CURLOPT_POSTFIELDS, transfer->upload);
		SET(CURLOPT_POSTFIELDSIZE, (long) strlen(transfer->upload));
	}
	if (transfer->method != NULL)
	{
		SET(CURLOPT_CUSTOMREQUEST, transfer->method);

		/* on a connection that was kept open libcurl might send it twice */
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_USERAGENT, USER_AGENT);
	if (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_BUFFERSIZE, 64L * 1024);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	SET(CURLOPT_WRITEFUNCTION, intake_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERFUNCTION, intake_header);
	SET(CURLOPT_HEADERDATA, transfer);
#if LIBCURL_VERSION_NUM >= 0x075000
	SET(CURLOPT_PREREQFUNCTION, on_send);
	SET(CURLOPT_PREREQDATA, transfer);
#endif
	if (transfer->settings->fresh)
	{
		/* of connections that fail, later ones tell neither address nor times */
		SET(CURLOPT_DEBUGFUNCTION, on_debug);
		SET(CURLOPT_DEBUGDATA, transfer);
		SET(CURLOPT_VERBOSE, 1L);
	}
	return rc;
}

static CURLcode
make_easy(Transfer *transfer)
{
	CURL	   *easy = mux_easy();
	const HttpSettings *s = transfer->settings;
	CURLcode	rc;

	if (easy == NULL)
		return CURLE_OUT_OF_MEMORY;
	transfer->easy = easy;
	rc = set_request(easy, transfer);
	if (rc == CURLE_OK)
		rc = set_reach(easy, s);
	if (rc == CURLE_OK && pg_strncasecmp(transfer->url, "https:", 6) == 0)
		rc = set_tls(easy, s);
	return rc;
}

bool
transfer_begin(Transfer *transfer, void *owner)
{
	CURLcode	rc;

	transfer_free_body(transfer);
	transfer->header_bytes = 0;
	transfer->too_large = transfer->no_memory = transfer->header_flood = false;
	transfer->error[0] = '\0';
	intake_begin(transfer);
	rc = transfer->easy != NULL ? CURLE_OK : make_easy(transfer);
	if (rc == CURLE_OK && transfer_was_stale(transfer))
		rc = curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
	transfer->sent = 0;
	transfer->stale = transfer->tls_begun = false;
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, owner);
	if (rc == CURLE_OK && mux_add(transfer->easy) != CURLM_OK)
		rc = CURLE_FAILED_INIT;
	if (rc == CURLE_OK)
		return true;
	strlcpy(transfer->error, curl_easy_strerror(rc), CURL_ERROR_SIZE);
	return false;
}

void *
transfer_owner(CURL *easy)
{
	char	   *owner = NULL;

	(void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
	return owner;
}

bool
transfer_may_have_left(const Transfer *transfer)
{
#if LIBCURL_VERSION_NUM >= 0x075000
	return transfer->sent > 0;
#else
	curl_off_t	connected = 0;

	/* later ones set it for what has failed, too */
	return curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T,
							 &connected) != CURLE_OK || connected != 0;
#endif
}

/* ---------------------------------------------------------------------
 * Ending
 * ---------------------------------------------------------------------
 */

void
transfer_close(Transfer *transfer)
{
	if (transfer->easy != NULL)
		mux_cleanup(transfer->easy);
	transfer->easy = NULL;
	for (struct curl_slist *line = transfer->headers; line != NULL; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	if (transfer->upload != NULL)
		explicit_bzero(transfer->upload, strlen(transfer->upload));
}

static bool
mentions(const Transfer *transfer, const char *words)
{
	return strstr(transfer->error, words) != NULL;
}

/*
 * Which file libcurl means by CURLE_SSL_CERTPROBLEM: only its words tell.
 */
static const char *
certificate_file(const Transfer *transfer)
{
	const HttpSettings *s = transfer->settings;

	if (s->key_file != NULL && (mentions(transfer, "key file") ||
								mentions(transfer, "rivate key")))
		return s->key_file;
	return s->cert_file;
}

static HttpOutcome
outcome_of_timeout(const Transfer *transfer)
{
	curl_off_t	named = 0;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &named);
	return named == 0 && !mentions(transfer, "SSL") ? HTTP_NAME_FAULT : HTTP_CONNECT_FAULT;
}

/* What libcurl's result of a transfer is to us. */
static HttpOutcome
outcome_of(const Transfer *transfer, CURLcode code, int status)
{
	const HttpSettings *s = transfer->settings;
	bool		proxied = s->proxy != NULL && s->proxy[0] != '\0';
	long		connect_code = 0;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &connect_code);
	switch (code)
	{
		case CURLE_OK:
			return proxied && status == 407 ?
				HTTP_PROXY_FAULT : HTTP_ANSWERED;
		case CURLE_COULDNT_RESOLVE_HOST:
			return HTTP_NAME_FAULT;
		case CURLE_COULDNT_CONNECT:
			return proxied ? HTTP_PROXY_FAULT : HTTP_CONNECT_FAULT;
		case CURLE_OPERATION_TIMEDOUT:
			return outcome_of_timeout(transfer);
		case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
		case CURLE_PROXY:
#endif
			return HTTP_PROXY_FAULT;
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CACERT_BADFILE:
			return HTTP_FILE_FAULT;
		case CURLE_BAD_FUNCTION_ARGUMENT:	/* later ones, of a key */
			return mentions(transfer, "private key file") ? HTTP_FILE_FAULT : HTTP_OTHER_FAULT;
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_ENGINE_INITFAILED:
		case CURLE_SSL_CRL_BADFILE:
		case CURLE_SSL_INVALIDCERTSTATUS:
		case CURLE_USE_SSL_FAILED:
			return HTTP_TLS_FAULT;
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
			if (connect_code != 0 && connect_code / 100 != 2)
				return HTTP_PROXY_FAULT;
			/* TLS 1.3: the server judges our certificate after the handshake */
			return mentions(transfer, " alert ") ? HTTP_TLS_FAULT : HTTP_RESET;
		case CURLE_GOT_NOTHING:
		case CURLE_HTTP2:
		case CURLE_HTTP2_STREAM:
			return HTTP_RESET;
		case CURLE_PARTIAL_FILE:
			return transfer->header_bytes == 0 ? HTTP_RESET : HTTP_TRUNCATED;
		case CURLE_BAD_CONTENT_ENCODING:
		case CURLE_WEIRD_SERVER_REPLY:
			return HTTP_TRUNCATED;
		case CURLE_UNSUPPORTED_PROTOCOL:	/* the answer's, or the URL's */
			return mentions(transfer, "HTTP/") ? HTTP_TRUNCATED : HTTP_OTHER_FAULT;
		default:
			return HTTP_OTHER_FAULT;
	}
}

/*
 * An attempt that one of our callbacks has ended.
 */
static bool
ended_by_us(Transfer *transfer, HttpAnswer *answer)
{
	int64		limit = transfer->settings->max_response_bytes;

	if (transfer->too_large)
	{
		answer->outcome = HTTP_TOO_LARGE;
		snprintf(transfer->error, sizeof(transfer->error),
				 "the answer has more than " INT64_FORMAT " bytes", limit);
	}
	else if (transfer->sent > 1)
	{
		answer->outcome = HTTP_RESET;
		strlcpy(transfer->error, "the server closed the connection, or the stream",
				sizeof(transfer->error));
	}
	else if (transfer->no_memory || transfer->header_flood)
	{
		answer->outcome = transfer->no_memory ? HTTP_OTHER_FAULT : HTTP_HEADER_FLOOD;
		strlcpy(transfer->error, transfer->no_memory ? "out of memory" :
				"the answer's headers are too long", sizeof(transfer->error));
	}
	else
		return false;
	return true;
}

/*
 * What an attempt that has left the multi tells besides its outcome.
 */
static int64
take_stock(Transfer *transfer, HttpAnswer *answer)
{
	curl_off_t	bytes = 0;
	char	   *address = NULL;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
	strlcpy(transfer->address, address != NULL ? address : "", sizeof(transfer->address));
	answer->sent = transfer_may_have_left(transfer);
	mux_remove(transfer->easy);
	answer->address = transfer->address;
	answer->tls_begun = transfer->tls_begun;
	answer->begun = transfer->header_bytes > 0;

	answer->retry_after_ms = intake_retry_after(transfer, answer->status);
	answer->content_type = transfer->content_type;
	answer->quota = transfer->quota;
	answer->error = transfer->error;
	if (answer->outcome != HTTP_ANSWERED)
		transfer_free_body(transfer);
	return bytes;
}

/* No new connection was made for it, and not a byte came. */
static bool
died_on_kept_connection(const Transfer *transfer, const HttpAnswer *answer)
{
	long		connects = 1;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
	return answer->outcome == HTTP_RESET && transfer->header_bytes == 0 &&
		(connects == 0 || transfer->sent > 1);
}

/*
 * libcurl has bounds of its own for headers, of which each version has told in
 * another way; the oldest of them take a long line for a lack of memory.
 */
static bool
is_header_flood(const Transfer *transfer, CURLcode code)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE)
		return true;
#endif
	return (code == CURLE_OUT_OF_MEMORY && transfer->header_bytes > 0 && transfer->body == NULL) ||
		(code == CURLE_RECV_ERROR && mentions(transfer, "Too large response headers"));
}

int64
transfer_end(Transfer *transfer, CURLcode code, HttpAnswer *answer)
{
	const HttpSettings *s = transfer->settings;
	long		status = 0;

	answer->file = NULL;
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->header_flood |= is_header_flood(transfer, code);
	if (!ended_by_us(transfer, answer))
	{
		answer->outcome = outcome_of(transfer, code, (int) status);
		if (answer->outcome == HTTP_ANSWERED)
			transfer->error[0] = '\0';	/* of what libcurl repeated by itself */
		else if (code != CURLE_OK && transfer->error[0] == '\0')
			strlcpy(transfer->error, curl_easy_strerror(code), CURL_ERROR_SIZE);
		if (code == CURLE_OK && answer->outcome == HTTP_PROXY_FAULT)
			strlcpy(transfer->error, PROXY_DENIED, CURL_ERROR_SIZE);
		if (answer->outcome == HTTP_FILE_FAULT)
			answer->file = code == CURLE_SSL_CACERT_BADFILE ?
				s->ca_file : certificate_file(transfer);
	}
	answer->status = answer->outcome == HTTP_ANSWERED ? (int) status : 0;
	transfer->stale = died_on_kept_connection(transfer, answer);
	return take_stock(transfer, answer);
}

int64
transfer_time_out(Transfer *transfer, int after_ms, HttpAnswer *answer)
{
	bool		connecting = !transfer_may_have_left(transfer);

	answer->file = NULL;
	answer->status = 0;
	transfer->error[0] = '\0';
	answer->outcome = connecting ? outcome_of_timeout(transfer) : HTTP_TIMED_OUT;
	snprintf(transfer->error, CURL_ERROR_SIZE,
			 connecting ? "no connection after %d ms" : "no whole answer after %d ms",
			 after_ms);
	return take_stock(transfer, answer);
}

bool
transfer_was_stale(const Transfer *transfer)
{
	return transfer->stale;
}

void
transfer_abandon(Transfer *transfer)
{
	mux_remove(transfer->easy);
}

/*
 * Repeating helps against what passes by itself.  What changes something is
 * repeated only when it cannot have left.
 */
bool
transfer_repeatable(const Transfer *transfer, const HttpAnswer *answer)
{
	if (transfer->method != NULL)
		return !answer->sent &&
			(answer->outcome == HTTP_NAME_FAULT || answer->outcome == HTTP_CONNECT_FAULT);
	switch (answer->outcome)
	{
		case HTTP_ANSWERED:
			switch (answer->status)
			{
				case 408:
				case 429:
				case 500:
				case 502:
				case 503:
				case 504:
					return true;
				default:
					return false;
			}
		case HTTP_NAME_FAULT:
		case HTTP_CONNECT_FAULT:
		case HTTP_RESET:
		case HTTP_TRUNCATED:
		case HTTP_TIMED_OUT:
			return true;
		case HTTP_PROXY_FAULT:
			return !mentions(transfer, "407");
		case HTTP_TLS_FAULT:
			/* broken off, not refused */
			return mentions(transfer, "SSL_ERROR_SYSCALL") ||
				mentions(transfer, "Connection reset");
		default:
			return false;
	}
}
