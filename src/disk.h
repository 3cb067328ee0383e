#ifndef DISK_H
#define DISK_H

#include <sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "log.h"

/*
 * Files that must be right when the machine goes down: calls that are made
 * again where a signal came between, every one with its words.
 */

/* n bytes at `at`, or fewer at the end of the file; -1, errno. */
ssize_t disk_read(int fd, char *p, size_t n, uint64_t at);
/* All n bytes at `at`; 0, or -1, errno. */
int disk_write(int fd, const char *p, size_t n, uint64_t at);
/* 0, or -1, errno. */
int disk_cut(int fd, uint64_t size);
int disk_sync(int fd);
/* What was made, renamed or removed in the folder of a file, or in a folder,
   reaches the disk. */
int disk_sync_folder_of(const char *path);
int disk_sync_folder(const char *path);
/* unlink, and the name's being gone reaches the disk; 0 where it was gone. */
int disk_remove(const char *path);
/* 0..n) of a file to another place of that or another file; -1 with words. */
int disk_copy(
    int from, uint64_t at, uint64_t n, int to, uint64_t there, struct err *);
/* at..at+n of a file goes into the sum; -1, errno (0: it is shorter). */
int disk_sum(int fd, uint64_t at, uint64_t n, SHA2_CTX *);
/* a "/" b, or a alone where b is ""; false: it is too long. */
bool disk_join(char *out, size_t room, const char *a, const char *b);
/* A new file with those bytes, on disk, with the times, mode and owner of
   another one; -1: nothing is left of it. */
struct stat;
int disk_make(const char *path, const char *p, size_t n,
    const struct stat *like, struct err *);

#endif
