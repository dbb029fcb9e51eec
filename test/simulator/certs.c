/*
 * certs.c
 *		--tls-make-ca: an authority, certificates and keys for tests of mutual
 *		TLS, as files with fixed names.
 *
 * A directory that has them all already is left as it is, so that a server that
 * comes back is the same one.
 */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY	86400
#define KEY_PASSWORD	"sim-key-password"

typedef struct Identity
{
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
} Identity;

typedef enum Role
{
	ROLE_CA, ROLE_SERVER, ROLE_CLIENT
} Role;

/* Each NAME.pem has its NAME.key, but those of the authorities are kept nowhere. */
static const struct
{
	const char *name;
	const char *common_name;
	const char *issuer;			/* NULL = itself */
	Role		role;
	int			from;			/* days from now */
	int			to;
}			certificates[] = {
	{"ca", "Simulated CA", NULL, ROLE_CA, -30, 3650},
	{"foreign-ca", "Foreign CA", NULL, ROLE_CA, -30, 3650},
	{"server", "localhost", "ca", ROLE_SERVER, -1, 3650},
	{"elsewhere", "api.example.com", "ca", ROLE_SERVER, -1, 3650},
	{"client", "MZPSIM0001", "ca", ROLE_CLIENT, -1, 3650},
	{"expired", "MZPSIM0002", "ca", ROLE_CLIENT, -10, -1},
	{"foreign", "MZPSIM0003", "foreign-ca", ROLE_CLIENT, -1, 3650},
};

static const char *const other_files[] = {"both.pem", "locked.key", "wrong.key"};

static const char *directory;

static void
must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, gnutls_strerror(rc));
	exit(1);
}

/* ---- files ---- */

static char *
file_path(const char *name, const char *suffix)
{
	Buf			b = {0};

	buf_printf(&b, "%s/%s%s", directory, name, suffix);
	return b.data;
}

/* A key is nobody else's business; certificates may be read by all. */
static void
file_write(const char *name, const char *suffix, const Buf *text, mode_t mode)
{
	char	   *path = file_path(name, suffix);
	int			fd;
	bool		written;

	(void) unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	written = fd >= 0 && write(fd, text->data, text->len) == (ssize_t) text->len;
	if (fd < 0 || close(fd) != 0 || !written)
	{
		perror(path);
		exit(1);
	}
	free(path);
}

static bool
file_exists(const char *name, const char *suffix)
{
	char	   *path = file_path(name, suffix);
	bool		there = access(path, R_OK) == 0;

	free(path);
	return there;
}

static bool
all_there(void)
{
	for (size_t i = 0; i < lengthof(certificates); i++)
		if (!file_exists(certificates[i].name, ".pem") ||
			(certificates[i].role != ROLE_CA && !file_exists(certificates[i].name, ".key")))
			return false;
	for (size_t i = 0; i < lengthof(other_files); i++)
		if (!file_exists(other_files[i], ""))
			return false;
	return true;
}

/* ---- keys and certificates ---- */

static gnutls_x509_privkey_t
key_make(void)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key), "key");
	must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), "key");
	return key;
}

static void
key_text(Buf *b, gnutls_x509_privkey_t key, const char *password)
{
	gnutls_datum_t out;

	must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, password,
										   password ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &out), "key");
	buf_put(b, (const char *) out.data, out.size);
	gnutls_free(out.data);
}

static void
certificate_text(Buf *b, gnutls_x509_crt_t crt)
{
	gnutls_datum_t out;

	must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out), "certificate");
	buf_put(b, (const char *) out.data, out.size);
	gnutls_free(out.data);
}

/* The names that it may be called by: localhost in every way, or its own. */
static void
server_names(gnutls_x509_crt_t crt, const char *name)
{
	static const unsigned char v4[4] = {127, 0, 0, 1};
	static const unsigned char v6[16] = {[15] = 1};

	must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, (unsigned) strlen(name), GNUTLS_FSAN_SET), "name");
	if (strcmp(name, "localhost") != 0)
		return;
	must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, v4, sizeof(v4), GNUTLS_FSAN_APPEND), "name");
	must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, v6, sizeof(v6), GNUTLS_FSAN_APPEND), "name");
}

static void
certificate_purpose(gnutls_x509_crt_t crt, Role role, const char *name)
{
	must(gnutls_x509_crt_set_basic_constraints(crt, role == ROLE_CA, -1), "purpose");
	must(gnutls_x509_crt_set_key_usage(crt, role == ROLE_CA ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN :
									   GNUTLS_KEY_DIGITAL_SIGNATURE), "purpose");
	if (role != ROLE_CA)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, role == ROLE_SERVER ? GNUTLS_KP_TLS_WWW_SERVER :
												 GNUTLS_KP_TLS_WWW_CLIENT, 0), "purpose");
	if (role == ROLE_SERVER)
		server_names(crt, name);
}

static void
certificate_ids(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned char serial[16];
	unsigned char id[64];
	size_t		n = sizeof(id);

	must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)), "serial number");
	serial[0] = (serial[0] & 0x3f) | 0x40;
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)), "serial number");
	must(gnutls_x509_crt_get_key_id(crt, 0, id, &n), "key id");
	must(gnutls_x509_crt_set_subject_key_id(crt, id, n), "key id");
	n = sizeof(id);
	must(gnutls_x509_crt_get_key_id(issuer, 0, id, &n), "key id");
	must(gnutls_x509_crt_set_authority_key_id(crt, id, n), "key id");
}

/* Row i of the table, signed by an earlier one or by itself. */
static void
certificate_make(size_t i, Identity *all)
{
	const char *name = certificates[i].common_name;
	Identity   *me = &all[i];
	Identity   *issuer = me;
	time_t		now = time(NULL);

	for (size_t k = 0; certificates[i].issuer && k < i; k++)
		if (strcmp(certificates[k].name, certificates[i].issuer) == 0)
			issuer = &all[k];
	me->key = key_make();
	must(gnutls_x509_crt_init(&me->crt), "certificate");
	must(gnutls_x509_crt_set_version(me->crt, 3), "certificate");
	must(gnutls_x509_crt_set_key(me->crt, me->key), "certificate");
	must(gnutls_x509_crt_set_activation_time(me->crt, now + (time_t) certificates[i].from * DAY), "certificate");
	must(gnutls_x509_crt_set_expiration_time(me->crt, now + (time_t) certificates[i].to * DAY), "certificate");
	must(gnutls_x509_crt_set_dn_by_oid(me->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned) strlen(name)), "name");
	if (certificates[i].role == ROLE_CLIENT)
		must(gnutls_x509_crt_set_dn_by_oid(me->crt, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0,
										   "Programs Partners", sizeof("Programs Partners") - 1), "name");
	certificate_ids(me->crt, issuer->crt);
	certificate_purpose(me->crt, certificates[i].role, name);
	must(gnutls_x509_crt_sign2(me->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0), "signature");
}

static void
certificate_write(size_t i, const Identity *me)
{
	Buf			pem = {0};
	Buf			key = {0};

	certificate_text(&pem, me->crt);
	key_text(&key, me->key, NULL);
	file_write(certificates[i].name, ".pem", &pem, 0644);
	if (certificates[i].role != ROLE_CA)
		file_write(certificates[i].name, ".key", &key, 0600);
	if (strcmp(certificates[i].name, "client") == 0)
	{
		buf_put(&pem, key.data, key.len);
		file_write("both", ".pem", &pem, 0600);
		key.len = 0;
		key_text(&key, me->key, KEY_PASSWORD);
		file_write("locked", ".key", &key, 0600);
	}
	buf_free(&pem);
	buf_free(&key);
}

static void
wrong_key_write(void)
{
	gnutls_x509_privkey_t key = key_make();
	Buf			text = {0};

	key_text(&text, key, NULL);
	file_write("wrong", ".key", &text, 0600);
	buf_free(&text);
	gnutls_x509_privkey_deinit(key);
}

static void
all_make(void)
{
	Identity	all[lengthof(certificates)] = {{0}};

	if (mkdir(directory, 0755) != 0 && errno != EEXIST)
	{
		perror(directory);
		exit(1);
	}
	for (size_t i = 0; i < lengthof(certificates); i++)
	{
		certificate_make(i, all);
		certificate_write(i, &all[i]);
	}
	for (size_t i = 0; i < lengthof(certificates); i++)
	{
		gnutls_x509_crt_deinit(all[i].crt);
		gnutls_x509_privkey_deinit(all[i].key);
	}
	wrong_key_write();
}

/* Makes the files, and fills in what the options leave open. */
void
certs_make(const char *dir, ServerOptions *opt)
{
	static char path[3][4096];

	directory = dir;
	if (!all_there())
		all_make();
	if (opt->cert == NULL && opt->key == NULL)
	{
		snprintf(path[0], sizeof(path[0]), "%s/server.pem", dir);
		snprintf(path[1], sizeof(path[1]), "%s/server.key", dir);
		opt->cert = path[0];
		opt->key = path[1];
	}
	if (opt->client_ca == NULL)
	{
		snprintf(path[2], sizeof(path[2]), "%s/ca.pem", dir);
		opt->client_ca = path[2];
	}
	if (opt->tls_port < 0)
		opt->tls_port = 0;
}
