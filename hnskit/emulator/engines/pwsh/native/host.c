#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to_host(void) {
    struct sockaddr_un address;
    const char *path = getenv("VMCOMPUTE_SOCKET");
    if (path == NULL || strlen(path) >= sizeof address.sun_path)
        return -1;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    return connection;
}

static int put(int connection, const void *bytes, size_t left) {
    for (const char *at = bytes; left > 0;) {
        ssize_t sent = send(connection, at, left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        at += sent;
        left -= (size_t)sent;
    }
    return 0;
}

static int get(int connection, void *bytes, size_t left) {
    for (char *at = bytes; left > 0;) {
        ssize_t got = recv(connection, at, left, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        at += got;
        left -= (size_t)got;
    }
    return 0;
}

static int put_number(int connection, uint32_t number) {
    const unsigned char bytes[4] = {number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24};
    return put(connection, bytes, sizeof bytes);
}

static int get_number(int connection, uint32_t *number) {
    unsigned char bytes[4];
    if (get(connection, bytes, sizeof bytes) != 0)
        return -1;
    *number = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return 0;
}

int host_ask(const struct text question[3], uint32_t *number, void **answer, uint32_t *length, size_t extra) {
    return host_follow(question, number, answer, length, extra, NULL);
}

int host_follow(const struct text question[3], uint32_t *number, void **answer, uint32_t *length, size_t extra,
                void (*take)(const void *bytes, uint32_t length)) {
    int connection = connect_to_host();
    if (connection < 0)
        return -1;
    *answer = NULL;
    int result = 0;
    for (int part = 0; part < 3 && result == 0; part++) {
        result = put_number(connection, question[part].length);
        if (result == 0)
            result = put(connection, question[part].bytes, question[part].length);
    }
    for (int more = 1; more && result == 0;) {
        result = get_number(connection, number);
        if (result == 0)
            result = get_number(connection, length);
        if (result == 0) {
            *answer = calloc(1, (size_t)*length + extra);
            result = *answer == NULL ? -1 : get(connection, *answer, *length);
        }
        more = take != NULL && *number == PART;
        if (more && result == 0) {
            take(*answer, *length);
            free(*answer);
            *answer = NULL;
        }
    }
    if (result != 0) {
        free(*answer);
        *answer = NULL;
    }
    close(connection);
    return result;
}
