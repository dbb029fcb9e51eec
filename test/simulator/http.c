/*
 * http.c
 *		libmicrohttpd: connections, TLS, and how answers travel.
 *
 * An answer is computed at once and then, if it has to wait, the connection
 * is suspended and the timer resumes it; so a slow answer blocks nobody.
 * The lives of the parts: a Request lives from the first line of a request to
 * its completion; a Stream (a body sent in a crooked way) with its response.
 */
#include "commands.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

typedef struct Exchange
{
	Request    *r;
	struct MHD_Response *response;
	bool		begun;
	bool		computed;
	bool		refused;		/* the upload is too large */
	int64_t		sent;
} Exchange;

typedef struct Stream
{
	struct MHD_Connection *conn;
	Exchange   *x;
	Buf			body;
	size_t		cut;			/* where the padding goes */
	int64_t		total;
	Delivery	how;
	bool		stalled;
	bool		rest;			/* the next drop has to wait */
} Stream;

#define MAX_UPLOAD	(64 << 20)

static struct MHD_Daemon *plain;
static struct MHD_Daemon *secure;
static char *pem[3];

/* ---- crooked bodies ---- */

/* A TCP reset at once: whatever waits to be sent is thrown away. */
static void
reset_connection(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr sa = {.sa_family = AF_UNSPEC};

	if (info != NULL)
		(void) connect(info->connect_fd, &sa, sizeof(sa));
}

/* The body with its padding in it, from pos on. */
static size_t
stream_copy(const Stream *s, int64_t pos, char *buf, size_t max)
{
	int64_t		pad_end = (int64_t) s->cut + s->how.pad_bytes;

	if (pos < (int64_t) s->cut)
	{
		if ((int64_t) max > (int64_t) s->cut - pos)
			max = (size_t) ((int64_t) s->cut - pos);
		memcpy(buf, s->body.data + pos, max);
	}
	else if (pos < pad_end)
	{
		if ((int64_t) max > pad_end - pos)
			max = (size_t) (pad_end - pos);
		memset(buf, 'x', max);
	}
	else
	{
		pos -= s->how.pad_bytes;
		if (max > s->body.len - (size_t) pos)
			max = s->body.len - (size_t) pos;
		memcpy(buf, s->body.data + pos, max);
	}
	return max;
}

static ssize_t
stream_read(void *cls, uint64_t pos64, char *buf, size_t max)
{
	Stream	   *s = cls;
	int64_t		pos = (int64_t) pos64;
	const int64_t stops[] = {s->how.reset_after, s->how.truncate_after, s->how.stall_after};

	if (s->how.reset_after >= 0 && pos >= s->how.reset_after)
	{
		if (!s->rest)
		{
			/* what was sent so far shall arrive first */
			s->rest = true;
			sleep_connection(s->conn, 30);
			return 0;
		}
		/*
		 * What cannot be sent any more makes libmicrohttpd close; when told
		 * of an error it would wait for what the socket says next, which is
		 * nothing.
		 */
		reset_connection(s->conn);
		return (ssize_t) stream_copy(s, pos, buf, max);
	}
	if (s->how.truncate_after >= 0 && pos >= s->how.truncate_after)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (s->how.stall_after >= 0 && pos >= s->how.stall_after && !s->stalled)
	{
		s->stalled = true;
		sleep_connection(s->conn, s->how.stall_body_ms);
		return 0;
	}
	if (s->how.drip_bytes > 0 && s->rest)
	{
		s->rest = false;
		sleep_connection(s->conn, s->how.drip_ms);
		return 0;
	}
	if (pos >= s->total)
		return MHD_CONTENT_READER_END_OF_STREAM;
	for (size_t i = 0; i < lengthof(stops); i++)
		if (stops[i] > pos && (int64_t) max > stops[i] - pos)
			max = (size_t) (stops[i] - pos);
	if (s->how.drip_bytes > 0)
	{
		if ((int64_t) max > s->how.drip_bytes)
			max = (size_t) s->how.drip_bytes;
		s->rest = true;
	}
	max = stream_copy(s, pos, buf, max);
	s->x->sent = pos + (int64_t) max;
	return (ssize_t) max;
}

static void
stream_free(void *cls)
{
	Stream	   *s = cls;

	buf_free(&s->body);
	free(s);
}

static bool
crooked(const Delivery *d)
{
	return d != NULL && (d->reset_after >= 0 || d->truncate_after >= 0 || d->stall_after >= 0 ||
						 d->drip_bytes > 0 || d->pad_bytes > 0);
}

/* A place beyond the body's end would be no fault at all. */
static void
within_body(int64_t *place, int64_t total)
{
	if (*place >= total)
		*place = total > 0 ? total - 1 : 0;
}

static struct MHD_Response *
stream_response(Exchange *x, struct MHD_Connection *conn)
{
	Stream	   *s = sim_alloc(sizeof(Stream));

	s->conn = conn;
	s->x = x;
	s->how = *x->r->delivery;
	s->body = x->r->body;
	memset(&x->r->body, 0, sizeof(Buf));
	s->cut = s->body.len;
	if (s->how.pad_bytes > 0 && s->body.len > 0 && s->body.data[s->body.len - 1] == '}')
	{
		s->body.len--;
		buf_str(&s->body, ",\"padding\":\"\"}");
		s->cut = s->body.len - 2;
	}
	s->total = (int64_t) s->body.len + s->how.pad_bytes;
	within_body(&s->how.reset_after, s->total);
	within_body(&s->how.truncate_after, s->total);
	within_body(&s->how.stall_after, s->total);
	return MHD_create_response_from_callback((uint64_t) s->total, 65536, stream_read, s, stream_free);
}

/* ---- answers ---- */

static bool
gzip_wanted(const Request *r)
{
	return config.gzip && r->accept_encoding && strstr(r->accept_encoding, "gzip") &&
		r->body.len >= 200 && !crooked(r->delivery) && !(r->delivery && r->delivery->plain) &&
		r->log_entry >= 0;
}

static struct MHD_Response *
buffer_response(Exchange *x, const char **encoding)
{
	Request    *r = x->r;
	Buf			packed = {0};
	struct MHD_Response *resp;
	bool		bomb = r->delivery && r->delivery->bomb_bytes > 0;

	if (bomb ? gzip_bomb(&packed, r->body.data, r->body.len, r->delivery->bomb_bytes) :
		gzip_wanted(r) && gzip_body(&packed, r->body.data, r->body.len))
	{
		*encoding = "gzip";
		buf_free(&r->body);
		r->body = packed;
	}
	x->sent = (int64_t) r->body.len;
	resp = MHD_create_response_from_buffer(r->body.len, r->body.data ? r->body.data : (char *) "",
										   r->body.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	memset(&r->body, 0, sizeof(Buf));
	return resp;
}

static void
response_headers(Request *r, struct MHD_Response *resp, const char *encoding)
{
	char	   *line = r->headers.data;

	if (r->content_type)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, r->content_type);
	if (encoding)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_ENCODING, encoding);
	while (line && *line)
	{
		char	   *end = strchr(line, '\n');
		char	   *colon = strstr(line, ": ");

		*end = '\0';
		if (colon)
		{
			*colon = '\0';
			MHD_add_response_header(resp, line, colon + 2);
		}
		line = end + 1;
	}
	if (r->delivery && r->delivery->huge_header > 0)
	{
		char	   *huge = sim_alloc((size_t) r->delivery->huge_header + 1);

		memset(huge, 'h', (size_t) r->delivery->huge_header);
		MHD_add_response_header(resp, "X-Padding", huge);
		free(huge);
	}
	if (r->delivery && r->delivery->close)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION, "close");
}

static char *
header_copy(struct MHD_Connection *conn, const char *name)
{
	const char *v = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);

	return v ? sim_strdup(v) : NULL;
}

static enum MHD_Result
header_note(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void) kind;
	json_array_append_new(cls, json_pack("[s, s]", name, value ? value : ""));
	return MHD_YES;
}

static void
request_headers(Request *r, struct MHD_Connection *conn, const char *method, const char *version)
{
	const union MHD_ConnectionInfo *info;

	snprintf(r->method, sizeof(r->method), "%s", method);
	r->accept = header_copy(conn, "Accept");
	r->authorization = header_copy(conn, "Authorization");
	r->realm = header_copy(conn, "x-introspect-realm");
	r->accept_encoding = header_copy(conn, "Accept-Encoding");
	r->upload_type = header_copy(conn, "Content-Type");
	r->http_version = sim_strdup(version);
	info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	r->connection = info && info->socket_context ? (int64_t) (intptr_t) info->socket_context : 0;
	if (hook_mine(r))
	{
		r->all_headers = json_array();
		MHD_get_connection_values(conn, MHD_HEADER_KIND, header_note, r->all_headers);
	}
}

static void
answer_as_ever(Request *r)
{
	if (r->cert_fault)
	{
		answer_gateway(r, 403, "Forbidden", r->cert_fault);
		oauth_count_refusal(r);
	}
	else if (oauth_mine(r))
		oauth_answer(r);
	else
		api_answer(r);
}

/* Carried out, and then the answer is lost: another will take its place. */
static void
carry_out(Request *r)
{
	size_t		headers = r->headers.len;

	answer_as_ever(r);
	r->content_type = NULL;
	r->body.len = 0;
	r->headers.len = headers;
	if (r->headers.data)
		r->headers.data[headers] = '\0';
}

static void
answer_with_fault(Request *r, json_t *fault)
{
	r->idle = !fault_carried_out(fault);
	if (oauth_mine(r))
		oauth_count_fault(r, !r->idle);
	if (!r->idle && fault_replaces(fault))
		carry_out(r);
	if (!fault_before(r, fault))
		answer_as_ever(r);
	fault_after(r, fault);
}

/* The part under the lock: what is answered. */
void
http_answer(Request *r)
{
	json_t	   *fault;

	if (strncmp(r->path, "/_sim/", 6) == 0)
	{
		control_answer(r);
		return;
	}
	if (oauth_mine(r))
	{
		request_form(r);
		oauth_count(r);
	}
	else
		access_count(r);
	r->log_entry = log_begin(r);
	fault = faults_find(r, false);
	if (fault)
		answer_with_fault(r, fault);
	else
		answer_as_ever(r);
	log_status(r->log_entry, r->delivery && (r->delivery->reset || r->delivery->drop) ? 0 : r->status, fault_name(fault));
	json_decref(fault);
}

/* True: a fault strikes before the body has come, which nobody ever reads. */
static bool
struck_early(Request *r)
{
	json_t	   *fault = NULL;

	if (strncmp(r->path, "/_sim/", 6) != 0 && (fault = faults_find(r, true)) != NULL)
	{
		if (oauth_mine(r))
		{
			oauth_count(r);
			oauth_count_fault(r, false);
		}
		else
			access_count(r);
		r->log_entry = log_begin(r);
		log_status(r->log_entry, 0, fault_name(fault));
	}
	json_decref(fault);
	return fault != NULL;
}

static enum MHD_Result
answer_queue(Exchange *x, struct MHD_Connection *conn)
{
	const char *encoding = NULL;

	if (x->r->delivery && x->r->delivery->reset)
	{
		reset_connection(conn);
		return MHD_NO;
	}
	if (x->r->delivery && x->r->delivery->drop)
		return MHD_NO;
	x->response = crooked(x->r->delivery) ? stream_response(x, conn) : buffer_response(x, &encoding);
	if (x->response == NULL)
		return MHD_NO;
	response_headers(x->r, x->response, encoding);
	return MHD_queue_response(conn, (unsigned) x->r->status, x->response);
}

/* What a handshake that demands no certificate has let through. */
static const char *
certificate_fault(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	unsigned	n = 0;
	unsigned	status = 0;

	if (info == NULL || gnutls_certificate_get_peers(info->tls_session, &n) == NULL || n == 0)
		return "Client certificate is missing";
	if (gnutls_certificate_verify_peers2(info->tls_session, &status) < 0 || status != 0)
		return "Client certificate is not accepted";
	return NULL;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
		   const char *version, const char *upload, size_t *upload_size, void **req_cls)
{
	Exchange   *x = *req_cls;
	int64_t		wait;
	bool		early;

	(void) url;
	if (!x->begun)
	{
		x->begun = true;
		request_headers(x->r, conn, method, version);
		x->r->tls = cls != NULL;
		pthread_mutex_lock(&sim_lock);
		early = struck_early(x->r);
		pthread_mutex_unlock(&sim_lock);
		if (early)
			reset_connection(conn);
		return early ? MHD_NO : MHD_YES;
	}
	if (*upload_size > 0)
	{
		if (x->r->upload.len + *upload_size > MAX_UPLOAD)
			return MHD_NO;
		buf_put(&x->r->upload, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!x->computed)
	{
		x->computed = true;
		pthread_mutex_lock(&sim_lock);
		if (x->r->tls && pem[2] && config.tls_client_cert == CLIENT_CERT_OPTIONAL)
			x->r->cert_fault = certificate_fault(conn);
		http_answer(x->r);
		wait = x->r->log_entry < 0 ? 0 : config.latency_ms;
		if (x->r->log_entry >= 0 && oauth_mine(x->r))
			wait += config.token_latency_ms;
		pthread_mutex_unlock(&sim_lock);
		if (x->r->delivery && x->r->delivery->stall_ms != 0)
			wait = x->r->delivery->stall_ms < 0 ? -1 : wait + x->r->delivery->stall_ms;
		if (wait != 0)
		{
			sleep_connection(conn, wait);
			return MHD_YES;
		}
	}
	return answer_queue(x, conn);
}

static void *
on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
	Exchange   *x = sim_alloc(sizeof(Exchange));

	(void) cls;
	(void) conn;
	x->r = sim_alloc(sizeof(Request));
	request_parse(x->r, uri);
	return x;
}

static void
on_completed(void *cls, struct MHD_Connection *conn, void **req_cls, enum MHD_RequestTerminationCode toe)
{
	Exchange   *x = *req_cls;

	(void) cls;
	(void) conn;
	(void) toe;
	if (x == NULL)
		return;
	if (x->r->log_entry >= 0)
	{
		pthread_mutex_lock(&sim_lock);
		log_end(x->r->log_entry, x->sent);
		pthread_mutex_unlock(&sim_lock);
	}
	if (x->response)
		MHD_destroy_response(x->response);
	request_free(x->r);
	free(x);
	*req_cls = NULL;
}

/* ---- connections ---- */

/* Mutual TLS: no certificate, or one of another CA, ends the handshake. */
static int
verify_client(gnutls_session_t session)
{
	unsigned	status = 0;

	if (gnutls_certificate_verify_peers2(session, &status) < 0 || status != 0)
		return GNUTLS_E_CERTIFICATE_ERROR;
	return 0;
}

static void
client_demand(gnutls_session_t session, ClientCert demand)
{
	gnutls_certificate_server_set_request(session, demand == CLIENT_CERT_REQUIRED ? GNUTLS_CERT_REQUIRE :
										  demand == CLIENT_CERT_OPTIONAL ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
	if (demand == CLIENT_CERT_REQUIRED)
		gnutls_session_set_verify_function(session, verify_client);
}

static int
handshake_done(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
			   const gnutls_datum_t *msg)
{
	(void) session;
	(void) type;
	(void) when;
	(void) msg;
	/* both sides say that they have finished; the client's word counts */
	if (!incoming)
		return 0;
	pthread_mutex_lock(&sim_lock);
	counters.tls_handshakes++;
	pthread_mutex_unlock(&sim_lock);
	return 0;
}

static void
on_connection(void *cls, struct MHD_Connection *conn, void **ctx, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	ClientCert	demand;

	pthread_mutex_lock(&sim_lock);
	demand = (ClientCert) config.tls_client_cert;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
	{
		*ctx = (void *) (intptr_t) ++counters.connections;
		counters.open_connections++;
		if (cls)
			counters.tls_connections++;
	}
	else
		counters.open_connections--;
	pthread_mutex_unlock(&sim_lock);
	if (cls == NULL || code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info == NULL || info->tls_session == NULL)
		return;
	gnutls_handshake_set_hook_function(info->tls_session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, handshake_done);
	if (pem[2])
		client_demand(info->tls_session, demand);
}

/* ---- start and stop ---- */

static char *
file_read(const char *path)
{
	FILE	   *f = fopen(path, "r");
	Buf			b = {0};
	char		chunk[4096];
	size_t		n;

	if (f == NULL)
	{
		perror(path);
		return NULL;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	fclose(f);
	return b.data ? b.data : sim_strdup("");
}

static bool
address(const char *listen, int port, struct sockaddr_storage *sa, unsigned *flags)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *) sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) sa;

	memset(sa, 0, sizeof(*sa));
	if (inet_pton(AF_INET, listen, &in4->sin_addr) == 1)
	{
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t) port);
		return true;
	}
	if (inet_pton(AF_INET6, listen, &in6->sin6_addr) == 1)
	{
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t) port);
		*flags |= MHD_USE_IPv6;
		return true;
	}
	fprintf(stderr, "not an address: %s\n", listen);
	return false;
}

static struct MHD_Daemon *
daemon_start(const char *listen, int port, bool tls)
{
	struct sockaddr_storage sa;
	unsigned	flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	void	   *cls = tls ? (void *) &secure : NULL;
	struct MHD_OptionItem tls_options[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, pem[0]},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, pem[1]},
		{pem[2] ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, pem[2]},
		{MHD_OPTION_END, 0, NULL}
	};
	struct MHD_OptionItem no_options[] = {{MHD_OPTION_END, 0, NULL}};

	if (!address(listen, port, &sa, &flags))
		return NULL;
	if (tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, (uint16_t) port, NULL, NULL, on_request, cls,
							MHD_OPTION_SOCK_ADDR, (struct sockaddr *) &sa,
							MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
							MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
							MHD_OPTION_NOTIFY_CONNECTION, on_connection, cls,
							MHD_OPTION_CONNECTION_LIMIT, 4000u,
							MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
							MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) (384 << 10),
							MHD_OPTION_ARRAY, tls ? tls_options : no_options,
							MHD_OPTION_END);
}

static int
daemon_port(struct MHD_Daemon *d)
{
	const union MHD_DaemonInfo *info = d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;

	return info ? info->port : -1;
}

void
http_ports(int *port, int *tls_port)
{
	*port = daemon_port(plain);
	*tls_port = daemon_port(secure);
}

bool
http_start(ServerOptions *opt)
{
	const char *files[] = {opt->cert, opt->key, opt->client_ca};

	for (int i = 0; opt->tls_port >= 0 && i < 3; i++)
		if (files[i] && (pem[i] = file_read(files[i])) == NULL)
			return false;
	if (!timer_start())
		return false;
	if (opt->port >= 0)
		plain = daemon_start(opt->listen, opt->port, false);
	if (opt->tls_port >= 0)
		secure = daemon_start(opt->listen, opt->tls_port, true);
	return (opt->port < 0 || plain) && (opt->tls_port < 0 || secure);
}

void
http_stop(void)
{
	timer_end();
	if (plain)
		MHD_stop_daemon(plain);
	if (secure)
		MHD_stop_daemon(secure);
	for (int i = 0; i < 3; i++)
		free(pem[i]);
}
