/* computenetwork.dll (HCN, the v2 API), answered by the emulated host.
 *
 * A handle is the object's kind and id, as the host is asked for it: nothing of the object is kept here.
 *
 * An HRESULT has 32 bits, and clients differ in how many of the register they read: hns.v2.psm1 declares 64. Here the
 * upper half is always zero, as it is where Windows loads a constant; so that module prints 2151350288. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define E_POINTER ((int32_t)0x80004003)
#define E_HANDLE ((int32_t)0x80070006)
#define E_OUTOFMEMORY ((int32_t)0x8007000E)
#define RPC_S_SERVER_UNAVAILABLE ((int32_t)0x800706BA) /* what Windows says while the service does not run */

struct guid {
    uint32_t data1;
    uint16_t data2, data3;
    unsigned char data4[8];
};

typedef uint64_t hresult;

#define KINDS 24
struct handle {
    char path[KINDS + 38]; /* Endpoint/<id>, Network/<id>, … */
};

static struct text utf16(const uint16_t *string) {
    struct text text = {string, 0};
    if (string != NULL)
        while (string[text.length / 2] != 0)
            text.length += 2;
    return text;
}

static uint32_t widen(const char *text, unsigned char *into) {
    uint32_t length = 0;
    for (; text[length] != 0; length++) {
        into[2 * length] = (unsigned char)text[length];
        into[2 * length + 1] = 0;
    }
    return 2 * length;
}

/* A text of the caller's own, who frees it as this platform's runtime frees an `out string`: with free(). */
static uint16_t *copy(const unsigned char *bytes, uint32_t length) {
    uint16_t *made = calloc(1, (size_t)length + sizeof(uint16_t));
    if (made != NULL)
        memcpy(made, bytes, length);
    return made;
}

/* `verb` is Open, Query, Modify, …; the answer's text is the length of the properties, these, and the error record. */
static int32_t ask(const char *verb, const char *path, const uint16_t *request, uint16_t **properties, uint16_t **record) {
    char subject[128];
    unsigned char wide[2 * sizeof subject], first[2 * 3];
    uint32_t result, length;
    void *answer;
    if (properties != NULL)
        *properties = NULL;
    if (record != NULL)
        *record = NULL;
    snprintf(subject, sizeof subject, "%s%s", verb, path);
    const struct text question[3] = {{first, widen("hcn", first)}, {wide, widen(subject, wide)}, utf16(request)};
    if (host_ask(question, &result, &answer, &length, 0) != 0)
        return RPC_S_SERVER_UNAVAILABLE;
    const unsigned char *bytes = answer;
    if (length < 4) {
        free(answer);
        return RPC_S_SERVER_UNAVAILABLE;
    }
    uint32_t first_part = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    if (first_part > length - 4)
        first_part = length - 4;
    if (properties != NULL && first_part > 0)
        *properties = copy(bytes + 4, first_part);
    if (record != NULL && length - 4 > first_part)
        *record = copy(bytes + 4 + first_part, length - 4 - first_part);
    free(answer);
    return (int32_t)result;
}

static hresult given(int32_t result) { return (uint32_t)result; }

static void print_id(char *into, size_t size, const struct guid *id) {
    const unsigned char *end = id->data4;
    snprintf(into, size, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", id->data1, id->data2, id->data3, end[0],
             end[1], end[2], end[3], end[4], end[5], end[6], end[7]);
}

static hresult enumerate(const char *kind, const uint16_t *query, uint16_t **ids, uint16_t **record) {
    char path[KINDS + 2];
    snprintf(path, sizeof path, "%s/", kind);
    return given(ask("Enumerate", path, query, ids, record));
}

static hresult open_object(const char *kind, const struct guid *id, void **object, uint16_t **record) {
    if (id == NULL || object == NULL)
        return given(E_POINTER);
    struct handle *made = calloc(1, sizeof *made);
    *object = NULL;
    if (made == NULL)
        return given(E_OUTOFMEMORY);
    char text[37];
    print_id(text, sizeof text, id);
    snprintf(made->path, sizeof made->path, "%s/%s", kind, text);
    int32_t result = ask("Open", made->path, NULL, NULL, record);
    if (result < 0)
        free(made);
    else
        *object = made;
    return given(result);
}

/* The host says which id the new object has; `network` is of an endpoint. */
static hresult create_object(const char *kind, const struct handle *network, const struct guid *id,
                             const uint16_t *settings, void **object, uint16_t **record) {
    if (id == NULL || object == NULL)
        return given(E_POINTER);
    struct handle *made = calloc(1, sizeof *made);
    *object = NULL;
    if (made == NULL)
        return given(E_OUTOFMEMORY);
    char text[37], path[112];
    uint16_t *chosen = NULL;
    print_id(text, sizeof text, id);
    snprintf(path, sizeof path, "%s/%s%s%s", kind, text, network != NULL ? "/" : "",
             network != NULL ? strchr(network->path, '/') + 1 : "");
    int32_t result = ask("Create", path, settings, &chosen, record);
    if (result < 0) {
        free(made);
    } else {
        size_t at = (size_t)snprintf(made->path, sizeof made->path, "%s/", kind);
        for (size_t i = 0; chosen != NULL && chosen[i] != 0 && at < sizeof made->path - 1; i++)
            made->path[at++] = (char)chosen[i];
        *object = made;
    }
    free(chosen);
    return given(result);
}

static hresult delete_object(const char *kind, const struct guid *id, uint16_t **record) {
    if (id == NULL)
        return given(E_POINTER);
    char text[37], path[KINDS + 38];
    print_id(text, sizeof text, id);
    snprintf(path, sizeof path, "%s/%s", kind, text);
    return given(ask("Delete", path, NULL, NULL, record));
}

static hresult on_object(const char *verb, const struct handle *object, const uint16_t *request, uint16_t **properties,
                         uint16_t **record) {
    if (object == NULL)
        return given(E_HANDLE);
    return given(ask(verb, object->path, request, properties, record));
}

/* What each kind has alike; `many` is how the plural is written. */
#define FUNCTIONS(kind, many)                                                                                          \
    EXPORT hresult HcnEnumerate##many(const uint16_t *query, uint16_t **ids, uint16_t **record) {                      \
        return enumerate(#kind, query, ids, record);                                                                   \
    }                                                                                                                  \
    EXPORT hresult HcnOpen##kind(const struct guid *id, void **object, uint16_t **record) {                            \
        return open_object(#kind, id, object, record);                                                                 \
    }                                                                                                                  \
    EXPORT hresult HcnModify##kind(struct handle *object, const uint16_t *settings, uint16_t **record) {               \
        return on_object("Modify", object, settings, NULL, record);                                                    \
    }                                                                                                                  \
    EXPORT hresult HcnQuery##kind##Properties(struct handle *object, const uint16_t *query, uint16_t **properties,     \
                                              uint16_t **record) {                                                     \
        return on_object("Query", object, query, properties, record);                                                  \
    }                                                                                                                  \
    EXPORT hresult HcnDelete##kind(const struct guid *id, uint16_t **record) {                                         \
        return delete_object(#kind, id, record);                                                                       \
    }                                                                                                                  \
    EXPORT hresult HcnClose##kind(void *object) {                                                                      \
        free(object);                                                                                                  \
        return 0;                                                                                                      \
    }

#define CREATE(kind)                                                                                                   \
    EXPORT hresult HcnCreate##kind(const struct guid *id, const uint16_t *settings, void **object,                     \
                                   uint16_t **record) {                                                                \
        return create_object(#kind, NULL, id, settings, object, record);                                               \
    }

FUNCTIONS(Network, Networks)
FUNCTIONS(Endpoint, Endpoints)
FUNCTIONS(Namespace, Namespaces)
FUNCTIONS(LoadBalancer, LoadBalancers)
FUNCTIONS(SdnRoute, SdnRoutes)
/* The host refuses these by name. */
FUNCTIONS(GuestNetworkService, GuestNetworkServices)

CREATE(Network)
CREATE(Namespace)
CREATE(LoadBalancer)
CREATE(SdnRoute)
CREATE(GuestNetworkService)

EXPORT hresult HcnCreateEndpoint(struct handle *network, const struct guid *id, const uint16_t *settings, void **object,
                                 uint16_t **record) {
    if (network == NULL)
        return given(E_HANDLE);
    return create_object("Endpoint", network, id, settings, object, record);
}

EXPORT hresult HcnQueryEndpointStats(struct handle *endpoint, const uint16_t *query, uint16_t **stats,
                                     uint16_t **record) {
    return on_object("Stats", endpoint, query, stats, record);
}

EXPORT hresult HcnQueryEndpointAddresses(struct handle *endpoint, const uint16_t *query, uint16_t **addresses,
                                         uint16_t **record) {
    return on_object("Addresses", endpoint, query, addresses, record);
}
