# stellantis_fdw: PGXS build.  "make", "make install", "make installcheck"
# (the last through script/test, which starts the server and the simulator).

EXTENSION = stellantis_fdw
DATA = $(wildcard sql/stellantis_fdw--*.sql)
MODULE_big = stellantis_fdw
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

REGRESS = $(patsubst sql/%.sql,%,$(sort $(filter-out sql/stellantis_fdw--%,$(wildcard sql/*.sql))))
REGRESS_OPTS = --inputdir=. --load-extension=stellantis_fdw

PKG_CONFIG ?= pkg-config

# Only what PostgreSQL must see is exported: it loads modules RTLD_GLOBAL, and
# our names must not meet another extension's.  Before PostgreSQL 16
# PGDLLEXPORT is empty, so it is defined here.
PG_CPPFLAGS = $(shell $(PKG_CONFIG) --cflags libcurl)
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -fvisibility=hidden \
	'-DPGDLLEXPORT=__attribute__((visibility("default")))'
SHLIB_LINK = $(shell $(PKG_CONFIG) --libs libcurl)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h)

.PHONY: simulator
simulator:
	$(MAKE) -C test/simulator
