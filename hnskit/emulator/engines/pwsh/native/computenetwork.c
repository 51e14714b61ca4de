/* The functions of computenetwork.dll (HCN, the v2 API) that the kit calls, answered by the emulated host.
 *
 * A handle is the object's kind and id, as the host is asked for it: nothing of the object is kept here. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define E_POINTER ((int32_t)0x80004003)
#define E_OUTOFMEMORY ((int32_t)0x8007000E)
#define RPC_S_SERVER_UNAVAILABLE ((int32_t)0x800706BA) /* what Windows says while the service does not run */

struct guid {
    uint32_t data1;
    uint16_t data2, data3;
    unsigned char data4[8];
};

struct handle {
    char path[64]; /* Endpoint/<id>, Network/<id> */
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

/* `verb` is Open, Query or Modify; the answer's text is the length of the properties, these, and the error record. */
static int32_t ask(const char *verb, const char *path, const uint16_t *request, uint16_t **properties, uint16_t **record) {
    char subject[96];
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

static int32_t open_object(const char *kind, const struct guid *id, void **object, uint16_t **record) {
    if (id == NULL || object == NULL)
        return E_POINTER;
    struct handle *made = calloc(1, sizeof *made);
    *object = NULL;
    if (made == NULL)
        return E_OUTOFMEMORY;
    const unsigned char *end = id->data4;
    snprintf(made->path, sizeof made->path, "%s/%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", kind, id->data1,
             id->data2, id->data3, end[0], end[1], end[2], end[3], end[4], end[5], end[6], end[7]);
    int32_t result = ask("Open", made->path, NULL, NULL, record);
    if (result < 0)
        free(made);
    else
        *object = made;
    return result;
}

static int32_t close_object(void *object) {
    free(object);
    return 0;
}

EXPORT int32_t HcnOpenEndpoint(const struct guid *id, void **endpoint, uint16_t **record) {
    return open_object("Endpoint", id, endpoint, record);
}

EXPORT int32_t HcnModifyEndpoint(struct handle *endpoint, const uint16_t *settings, uint16_t **record) {
    return ask("Modify", endpoint->path, settings, NULL, record);
}

EXPORT int32_t HcnQueryEndpointProperties(struct handle *endpoint, const uint16_t *query, uint16_t **properties,
                                          uint16_t **record) {
    return ask("Query", endpoint->path, query, properties, record);
}

EXPORT int32_t HcnCloseEndpoint(void *endpoint) { return close_object(endpoint); }

EXPORT int32_t HcnOpenNetwork(const struct guid *id, void **network, uint16_t **record) {
    return open_object("Network", id, network, record);
}

EXPORT int32_t HcnModifyNetwork(struct handle *network, const uint16_t *settings, uint16_t **record) {
    return ask("Modify", network->path, settings, NULL, record);
}

EXPORT int32_t HcnQueryNetworkProperties(struct handle *network, const uint16_t *query, uint16_t **properties,
                                         uint16_t **record) {
    return ask("Query", network->path, query, properties, record);
}

EXPORT int32_t HcnCloseNetwork(void *network) { return close_object(network); }
