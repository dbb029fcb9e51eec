/*
 * sim.h
 *		Types and functions shared by the rooms of the simulator.
 *
 * One big lock (sim_lock) guards everything below: the configuration, the
 * world, the log, the counters and the faults.  The HTTP and the HTTPS daemon
 * each have a thread; they hold the lock while they compute an answer, never
 * while they send one.
 */
#ifndef SIM_H
#define SIM_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_BASE	"/connectedcar/v4"
#define OAUTH_BASE	"/am/oauth2"
#define SIM_HREF	"https://api.groupe-psa.com/connectedcar/v4"
#define lengthof(a) (sizeof(a) / sizeof((a)[0]))

/* ---- buf.c: a growing buffer, and fast printing into it ---- */

typedef struct Buf
{
	char	   *data;
	size_t		len;
	size_t		cap;
} Buf;

#define LIT(b, s) buf_put((b), "" s, sizeof(s) - 1)

extern void *sim_alloc(size_t size);
extern char *sim_strdup(const char *s);
extern void buf_reserve(Buf *b, size_t extra);
extern void buf_put(Buf *b, const char *p, size_t n);
extern void buf_str(Buf *b, const char *s);
extern void buf_printf(Buf *b, const char *fmt,...) __attribute__((format(printf, 2, 3)));
extern void buf_int(Buf *b, int64_t v);
extern void buf_fix(Buf *b, double v, int decimals);
extern void buf_time(Buf *b, int64_t t);
extern void buf_json_str(Buf *b, const char *s);
extern void buf_free(Buf *b);
extern void base64_encode(Buf *b, const unsigned char *p, size_t n);
extern bool base64_decode(Buf *b, const char *s);
extern char *percent_decode(const char *s, size_t n, bool plus);
extern void percent_encode(Buf *b, const char *s);

/* ---- clock.c: dates ---- */

extern int64_t days_from_civil(int64_t y, int m, int d);
extern void civil_from_days(int64_t z, int *y, int *m, int *d);
extern bool parse_date(const char *s, size_t n, int64_t *ms);
extern bool parse_duration(const char *s, size_t n, int64_t *ms);
extern void format_date(char *out, int64_t t);
extern void format_http_date(char *out, int64_t t);
extern int64_t machine_ms(void);
extern int64_t sim_now(void);

/* ---- config.c: the knobs ---- */

typedef enum DateKind
{
	DATE_STARTED, DATE_STOPPED, DATE_CREATED, DATE_OVERLAP, DATE_CONTAINED
} DateKind;

typedef enum Bounds
{
	BOUNDS_INCLUSIVE, BOUNDS_EXCLUSIVE, BOUNDS_HALF_OPEN
} Bounds;

typedef enum Order
{
	ORDER_ASC, ORDER_DESC, ORDER_SHUFFLED
} Order;

#define SCOPE_TELEMETRY		0x01
#define SCOPE_POSITION		0x02
#define SCOPE_TRIP			0x04
#define SCOPE_ALERT			0x08
#define SCOPE_COLLISION		0x10
#define SCOPE_PNC			0x20
#define SCOPE_DATA			0x3f
#define SCOPE_DOOR			0x40
#define SCOPE_PRECONDITIONING 0x80
#define SCOPE_HORN			0x100
#define SCOPE_CHARGING		0x200
#define SCOPE_LIGHTS		0x400
#define SCOPE_WAKEUP		0x800
#define SCOPE_NAVIGATION	0x1000
#define SCOPE_REMOTE		0x1fc0
#define SCOPE_EVERYTHING	0xffff	/* with openid, profile, email */

typedef enum Consent
{
	CONSENT_GIVEN, CONSENT_REFUSED
} Consent;

typedef enum Rotate
{
	ROTATE_YES, ROTATE_NO, ROTATE_ABSENT
} Rotate;

typedef enum ThrottleStatus
{
	THROTTLE_429, THROTTLE_400
} ThrottleStatus;

typedef enum TokenRealm
{
	TOKEN_REALM_IGNORED, TOKEN_REALM_CHECKED, TOKEN_REALM_REQUIRED
} TokenRealm;

typedef struct Token
{
	char	   *value;
	unsigned	scopes;
	int64_t		expires_ms;		/* machine clock; 0 = never */
	int64_t		requests_left;	/* -1 = no limit */
} Token;

typedef struct Config
{
	/* the world: a change makes it anew */
	int64_t		seed;
	int64_t		vehicles;
	int64_t		accounts;
	int64_t		days;
	int64_t		telemetry;
	char		now[64];
	/* what the API leaves unsaid */
	int64_t		trip_date;
	int64_t		alert_date;
	int64_t		bounds;
	int64_t		min_max;
	int64_t		any_vehicle;
	int64_t		order;
	int64_t		empty;
	int64_t		unknown_vehicle;
	int64_t		page_size;
	/* transport */
	int64_t		latency_ms;
	int64_t		gzip;
	int64_t		tls_client_cert;
	/* identity */
	char		client_id[64];
	char		realm[64];
	int64_t		realm_status;
	/* quota */
	int64_t		quota_day;
	int64_t		quota_second;
	int64_t		enforce_day;
	int64_t		enforce_second;
	int64_t		retry_after;
	int64_t		log_limit;
	/* OAuth2 */
	char		client_secret[128];
	char		redirect_uri[512];
	int64_t		consent;
	char		grant_scopes[512];
	int64_t		code_life;
	int64_t		access_token_life;
	int64_t		access_token_requests;
	int64_t		refresh_token_life;
	char		expires_in[32];
	int64_t		rotate;
	int64_t		token_realm;
	int64_t		token_limit;
	int64_t		token_window;
	int64_t		throttle_status;
	int64_t		token_latency_ms;
	char		start_scopes[512];
	/* callbacks, remotes */
	int64_t		callback_status;
	int64_t		callback_attributes;
	char		remote_outcome[128];
	char		remote_states[512];
	int64_t		remote_step_ms;
	int64_t		remote_advance;
	int64_t		remote_reads;
	int64_t		remote_asleep;
	int64_t		remote_awake_ms;
	int64_t		remote_limit;
	int64_t		remote_window;
	int64_t		wakeup_quota;
	/* events */
	int64_t		push_batch;
	int64_t		push_batch_ms;
	int64_t		push_retry_ms;
	int64_t		push_keep_ms;
	int64_t		push_timeout_ms;
	/* tokens */
	Token	   *tokens;
	size_t		ntokens;
} Config;

typedef enum ClientCert
{
	CLIENT_CERT_REQUIRED, CLIENT_CERT_OPTIONAL, CLIENT_CERT_IGNORED
} ClientCert;

extern Config config;
extern pthread_mutex_t sim_lock;

extern void config_defaults(void);
extern bool config_set_text(const char *name, const char *value, char *err, size_t errlen);
extern bool config_set_json(json_t *obj, char *err, size_t errlen);
extern bool config_add_token(const char *spec, char *err, size_t errlen);
extern json_t *config_json(void);
extern void config_keep(void);
extern void config_reset(void);
extern void config_free(void);
extern void config_help(FILE *f);
extern bool config_is_flag(const char *name);
extern unsigned scope_bit(const char *name, size_t n);
extern unsigned scopes_parse(const char *s);
extern void scopes_text(Buf *b, unsigned scopes);

/* ---- world.c, events.c: vehicles and what happened to them ---- */

typedef enum Motor
{
	MOTOR_ELECTRIC, MOTOR_HYBRID, MOTOR_THERMIC, MOTOR_HYDROGEN
} Motor;

#define TRIP_NO_START		0x0001	/* startedAt is missing */
#define TRIP_NOT_DONE		0x0002
#define TRIP_NO_CONSUMPTION	0x0004
#define TRIP_NO_MAXSPEED	0x0008
#define TRIP_NO_POSITION	0x0010
#define TRIP_NULL_POSITION	0x0020
#define TRIP_DATA_LACKING	0x0040
#define TRIP_UNFINISHED		0x0080
#define TRIP_UNSTARTED		0x0100
#define TRIP_END_IS_START	0x0200	/* end energies copy the start ones */
#define TRIP_LATE			0x0400
#define TRIP_LONG			0x0800
#define TRIP_FAULTS (TRIP_DATA_LACKING | TRIP_UNFINISHED | TRIP_UNSTARTED)

typedef struct Trip
{
	int64_t		start;
	int64_t		stop;
	int64_t		created;
	int64_t		updated;
	int64_t		odometer;		/* at the start, tenths of km */
	int64_t		distance;		/* tenths of km */
	int			elec[2];		/* at start and end, tenths of % */
	int			fuel[2];
	double		lat[2];
	double		lon[2];
	double		wh;
	double		cl;
	double		share;			/* electric part of a hybrid's distance */
	unsigned	flags;
	int			tel_first;		/* natural telemetry: its first message */
	int			tel_count;
	char		id[129];
} Trip;

/* A run of telemetry messages, evenly spaced. */
typedef struct TelBlock
{
	int64_t		start;
	int			step;
	int			count;
	int			first;
	int			trip;			/* -1 when parked */
	int			prev;			/* the trip before it, -1 if none */
} TelBlock;

/* An alert, an alarm or a collision. */
typedef struct Event
{
	int64_t		start;
	int64_t		end;			/* 0 = active */
	int64_t		created;
	int64_t		updated;
	int			type;
	int			variant;
	int			trip[2];		/* -1 = none */
	bool		has_position;
	double		lat;
	double		lon;
	char		id[129];
} Event;

typedef struct Vehicle
{
	int			number;			/* from 0 */
	int			model;			/* row of the table of models */
	Motor		motor;
	char		id[191];
	char		vin[18];
	char	   *href;
	size_t		href_len;
	double		home_lat;
	double		home_lon;
	bool		silent;			/* no trip, alert, alarm, collision, status */
	bool		privacy;
	bool		driving;
	int64_t		odometer;		/* now, tenths of km */
	int			elec;			/* now */
	int			fuel;
	Trip	   *trips;
	size_t		ntrips;
	TelBlock   *blocks;
	size_t		nblocks;
	int64_t		ntel;
	Event	   *alerts;
	size_t		nalerts;
	Event	   *alarms;
	size_t		nalarms;
	Event	   *collisions;
	size_t		ncollisions;
} Vehicle;

typedef struct Model
{
	const char *vin;			/* the first 11 characters */
	const char *brand;
	const char *label;
	const char *realm;
	Motor		motor;
	int			battery;		/* Wh */
	int			wh_km;
	int			cl_km100;		/* cL per 100 km */
	int			range_elec;
	int			range_fuel;
} Model;

typedef struct World
{
	Vehicle    *vehicles;
	size_t		nvehicles;
	int64_t		now;			/* the clock when it was made */
	int64_t		begin;
} World;

extern World world;
extern const Model models[];

extern uint64_t sim_hash(uint64_t a, uint64_t b, uint64_t c, uint64_t d);
extern int	pick(uint64_t hash, int n);
extern void hex_id(char *out, size_t n, uint64_t a, uint64_t b, uint64_t c);
extern void world_make(void);
extern void world_free(void);
extern void events_make(Vehicle *v);
extern Vehicle *vehicle_by_id(const char *id);
extern Trip *trip_by_id(Vehicle *v, const char *id);
extern Event *event_by_id(Event *list, size_t n, const char *id);
extern bool has_electric(const Vehicle *v);
extern bool has_fuel(const Vehicle *v);

/* ---- motion.c: where a vehicle is and how it is at any instant ---- */

typedef struct State
{
	int64_t		t;
	int			trip;			/* -1 = parked */
	int64_t		odometer;
	int			elec;
	int			fuel;
	double		lat;
	double		lon;
	double		alt;
	int			heading;
	int			speed;			/* tenths of km/h */
	int			accel;			/* tenths of m/s2 */
	bool		charging;
	bool		known;			/* position known */
} State;

extern void state_at(const Vehicle *v, int64_t t, int trip, int prev, State *s);
extern int64_t tel_time(const Vehicle *v, int64_t i, int *trip, int *prev);
extern int64_t tel_lower_bound(const Vehicle *v, int64_t t);
extern int	waypoint_count(const Trip *t);
extern void waypoint_at(const Vehicle *v, const Trip *t, int i, State *s);

/* ---- query.c: what was asked ---- */

typedef struct Param
{
	char	   *name;
	char	   *value;
} Param;

typedef struct Range
{
	int64_t		from;			/* ms; INT64_MIN = open */
	int64_t		to;
} Range;

#define MAX_SEGMENTS 12
#define MAX_RANGES 4000

typedef struct Request
{
	/* as received */
	char		method[12];
	char	   *raw;
	char	   *path;			/* decoded, with the base */
	char	   *segments[MAX_SEGMENTS];
	int			nsegments;		/* -1 = not below the base */
	Param	   *params;
	size_t		nparams;
	char	   *accept;
	char	   *authorization;
	char	   *realm;
	char	   *accept_encoding;
	char	   *http_version;
	char	   *upload_type;
	int64_t		connection;
	bool		tls;
	const char *cert_fault;		/* what the gateway says of the client's certificate */
	Buf			upload;
	json_t	   *all_headers;	/* of a request to /_sim/hook: [[name, value], ...] */
	char	   *form_text;		/* of a form: as it came, or NULL */
	Param	   *form;
	size_t		nform;
	/* as understood */
	bool		idle;			/* answer as ever, but change nothing */
	unsigned	scopes;
	char		client[64];		/* who asks */
	int64_t		account;		/* whose vehicles alone are there, from 1; 0 = all are */
	int64_t		quota_wait;		/* seconds; 0 = within the quota */
	Range	   *ranges;
	size_t		nranges;
	bool		ranged;
	int64_t		index_from;
	int64_t		index_to;		/* -1 = open */
	int64_t		page_size;
	int64_t		page;			/* from 1 */
	int64_t		clock;			/* now, as of the first page */
	char	   *filters;		/* the canonical filters a token carries */
	bool		from_token;
	/* a fault's hand on the paging */
	int			skew;
	int64_t		total_delta;
	bool		repeat_token;
	bool		loop;
	bool		missing_next;
	bool		links_last;
	/* the answer */
	int			status;
	const char *content_type;
	Buf			body;
	Buf			headers;		/* "Name: value\n" */
	/* transport */
	struct Delivery *delivery;
	int64_t		log_entry;		/* -1 = none */
} Request;

extern void request_parse(Request *r, const char *raw);
extern void request_free(Request *r);
extern void request_take_filters(Request *r, const char *filters);
extern void request_form(Request *r);
extern void form_parse(Param **list, size_t *n, const char *text);
extern void form_free(Param *list, size_t n);
extern const char *param_find(const Param *list, size_t n, const char *name);
extern const char *request_param(const Request *r, const char *name);
extern bool query_timestamps(Request *r, const char **why);
extern bool query_ranges_hold(const Request *r, int64_t t);
extern bool query_ranges_overlap(const Request *r, int64_t a, int64_t b);
extern bool query_min_max(const char *s, bool decimal, double *min, double *max);
extern bool query_index_range(Request *r, const char *s);
extern bool query_int(const char *s, int64_t min, int64_t max, int64_t *out);

/* ---- pages.c: collections ---- */

typedef struct Selection
{
	int64_t		count;
	uint32_t   *rows;			/* when NULL, the runs */
	struct
	{
		int64_t		first;
		int64_t		count;
	}		   *runs;
	size_t		nruns;
} Selection;

typedef void (*RowRender) (Buf *b, Request *r, void *ctx, int64_t row);

extern void selection_add(Selection *s, uint32_t row);
extern void selection_add_run(Selection *s, int64_t first, int64_t count);
extern void selection_free(Selection *s);
extern bool page_token_open(Request *r, const char *token, const char *path);
extern int64_t page_token_page(const char *token);
extern void page_render(Request *r, const char *path, const char *key, Selection *sel,
						const char *what, RowRender render, void *ctx);

/* ---- render*.c: the documents ---- */

#define EXT_BRANDING	0x1
#define EXT_PICTURES	0x2
#define EXT_CAPABILITIES 0x4
#define EXT_LOCATION	0x8
#define EXT_MAINTENANCE	0x10

#define GROUP_ALL		0xffffffffu

extern void link_to(Buf *b, const char *name, const Vehicle *v, const char *tail);
extern bool remote_supported(const Vehicle *v, const char *name);
extern void render_user(Buf *b, const char *country, int64_t account);
extern void render_vehicle(Buf *b, const Vehicle *v, unsigned ext, const char *country,
						   const char *locale, unsigned scopes);
extern void render_status(Buf *b, const Vehicle *v, unsigned scopes);
extern void render_last_position(Buf *b, const Vehicle *v);
extern void render_maintenance(Buf *b, const Vehicle *v);
extern void render_trip(Buf *b, const Vehicle *v, const Trip *t, unsigned scopes);
extern void render_waypoint(Buf *b, const Vehicle *v, const Trip *t, int i);
extern void render_alert(Buf *b, const Vehicle *v, const Event *e, unsigned scopes);
extern void render_alarm(Buf *b, const Vehicle *v, const Event *e);
extern void render_collision(Buf *b, const Vehicle *v, const Event *e);
extern void render_telemetry(Buf *b, const Vehicle *v, int64_t i, unsigned groups,
							 unsigned ext, unsigned scopes);
extern unsigned telemetry_group(const char *name);
extern unsigned telemetry_groups_of(const Vehicle *v, int64_t i);
extern void render_position(Buf *b, double lat, double lon, double alt, int64_t t,
							int heading, int quality, int fix);

/* ---- api.c: the endpoints; access.c: who may ask; tolerance.c ---- */

extern void api_answer(Request *r);
extern void access_count(Request *r);
extern bool access_granted(Request *r);
extern bool account_has(int64_t account, const Vehicle *v);
extern bool access_realm(Request *r, const Vehicle *v);
extern bool realm_known(const char *realm);
extern bool access_accept(const Request *r, bool geo);
extern void answer_error(Request *r, int status, int code, const char *message);
extern void answer_gateway(Request *r, int status, const char *title, const char *info);
extern void answer_header(Request *r, const char *name, const char *value);
extern void tolerance_select(const Vehicle *v, const Trip *t, double km, Selection *sel);

/* ---- oauth.c, grants.c, oauth_control.c: enrolment and tokens ---- */

extern bool oauth_mine(const Request *r);
extern void oauth_count(const Request *r);
extern void oauth_count_refusal(const Request *r);
extern void oauth_count_fault(const Request *r, bool carried_out);
extern void oauth_answer(Request *r);
extern void oauth_throttle_clear(void);
extern bool oauth_token_use(const char *value, unsigned *scopes);
extern void oauth_start_token(const char *refresh);
extern bool secrets_open(const char *path);
extern void oauth_reset(void);
extern void oauth_free(void);
extern json_t *oauth_json(void);
extern json_t *oauth_control(json_t *obj, char *err, size_t errlen);

/* ---- faults.c: what goes wrong on purpose ---- */

/* How the answer travels; made by a fault, or all zeroes. */
typedef struct Delivery
{
	bool		reset;			/* before anything is sent */
	bool		drop;			/* the same, with an orderly end */
	int64_t		stall_ms;		/* before the headers; -1 = for ever */
	int64_t		reset_after;	/* bytes of the body; -1 = not */
	int64_t		truncate_after;
	int64_t		stall_after;
	int64_t		stall_body_ms;
	int64_t		drip_bytes;
	int64_t		drip_ms;
	int64_t		pad_bytes;		/* padding inside the body */
	int64_t		bomb_bytes;
	int64_t		huge_header;
	bool		close;
	bool		plain;			/* never gzip */
} Delivery;

extern bool faults_add(json_t *rule, char *err, size_t errlen);
extern void faults_clear(void);
extern json_t *faults_json(void);
extern json_t *faults_find(Request *r, bool early);
extern bool fault_replaces(json_t *fault);
extern bool fault_carried_out(json_t *fault);
extern bool fault_before(Request *r, json_t *fault);
extern void fault_after(Request *r, json_t *fault);
extern const char *fault_name(json_t *fault);
extern void edit_body(Request *r, const char *pointer, json_t *value, const char *raw);

/* ---- log.c ---- */

extern int64_t log_begin(const Request *r);
extern void log_status(int64_t entry, int status, const char *fault);
extern void log_end(int64_t entry, int64_t bytes);
extern void log_clear(void);
extern void log_free(void);
extern void log_json(Buf *b);
extern void log_text(Buf *b, bool short_ids, bool bodies);
extern void request_line(Buf *b, const char *method, const char *raw, const char *form, const char *body, bool short_ids);

typedef struct Counters
{
	int64_t		requests;		/* of both sides */
	int64_t		oauth_requests;
	int64_t		bytes;
	int64_t		connections;
	int64_t		tls_connections;
	int64_t		tls_handshakes;
	int64_t		open_connections;
	int64_t		quota_used;
	int64_t		under_way;		/* requests whose answer is not out yet */
	int64_t		most_at_once;	/* of them, since the log was cleared */
	int64_t		by_status[600];
} Counters;

extern Counters counters;

/* ---- control.c ---- */

extern void control_answer(Request *r);

/* ---- timer.c: suspended connections ---- */

struct MHD_Connection;
extern bool timer_start(void);
extern void timer_end(void);
extern void sleep_connection(struct MHD_Connection *conn, int64_t ms);
extern void timer_release_stalled(void);

/* ---- http.c: libmicrohttpd; certs.c: --tls-make-ca; gzip.c ---- */

typedef struct ServerOptions
{
	const char *listen;
	int			port;			/* -1 = none */
	int			tls_port;
	const char *cert;
	const char *key;
	const char *client_ca;
} ServerOptions;

extern void certs_make(const char *dir, ServerOptions *opt);
extern void http_answer(Request *r);
extern void http_ports(int *port, int *tls_port);
extern bool http_start(ServerOptions *opt);
extern void http_stop(void);
extern void gzip_cache_clear(void);
extern bool gzip_body(Buf *out, const char *data, size_t len);
extern bool gzip_bomb(Buf *out, const char *data, size_t len, int64_t padding);

#endif
