/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Image files in userspace: reading, building, showing, signing.
 */
#ifndef IMAGE_TOOL_H
#define IMAGE_TOOL_H

#include "image.h"

/**
 * struct image_file - a file of images, in memory or open
 * @path: its name, the caller's
 * @data: its bytes; %NULL if it is open
 * @size: how many
 * @is_open: headers are read from @fd when they are wanted, and nothing else
 * @fd: file descriptor
 */
struct image_file {
	const char *path;
	u8 *data;
	size_t size;
	bool is_open;
	int fd;
};

/**
 * struct image_view - one image in a file
 * @data: its first byte in the file; %NULL if the file is open
 * @number: counted from 1
 * @image: its checked tables, in memory of the view
 * @signature: message of the signature trailer, %NULL if it has none or the file
 *	is open
 * @signature_size: bytes of it, 0 if it has none
 * @start: offset of the image in the file
 * @end: offset behind image and trailer in the file
 */
struct image_view {
	const u8 *data;
	unsigned int number;
	struct mrb_image image;
	const u8 *signature;
	u32 signature_size;
	size_t start;
	size_t end;
};

/**
 * struct image_blob - a segment on its way into an image
 * @kind: enum mrb_segment_kind
 * @align: of its place in the image
 * @data: its bytes, %NULL for bss
 * @size: bytes; of memory, for bss
 * @address: in running memory, 0 for bootstrap and module
 * @target: name of a module, zero-padded
 * @version: of a module
 * @offset: in the image
 */
struct image_blob {
	unsigned int kind;
	u32 align;
	const u8 *data;
	u64 size;
	u64 address;
	char target[MRB_NAME_LEN];
	struct mrb_version version;
	u64 offset;
};

/**
 * struct image_plan - everything an image is built from
 * @header: the fields that do not follow from the layout
 * @blobs: segments, in the order of the image
 * @num_blobs: entries in @blobs
 * @capabilities: table
 * @num_capabilities: entries in @capabilities
 * @states: table
 * @num_states: entries in @states
 * @bootstrap_offset: of the bootstrap's entry in its segment
 * @has_build_id: @header.build_id is set
 */
struct image_plan {
	struct mrb_header header;
	struct image_blob blobs[MRB_MAX_SEGMENTS];
	unsigned int num_blobs;
	struct mrb_capability capabilities[MRB_MAX_CAPABILITIES];
	unsigned int num_capabilities;
	struct mrb_state states[MRB_MAX_STATES];
	unsigned int num_states;
	u64 bootstrap_offset;
	bool has_build_id;
};

/* A word of the description that the ELF file must make sense of. */
struct image_word {
	char *text;
	unsigned int line;	/* 0: not in the description, a default */
};

/**
 * struct image_desc - a description, beside what went into the plan
 * @path: its file
 * @plan: what is filled in
 * @cold: symbol
 * @warm: symbol
 * @bootstrap: symbol
 * @memory_size: symbol or number; @text is %NULL if not given
 * @load_address: number; @text is %NULL if not given
 */
struct image_desc {
	const char *path;
	struct image_plan *plan;
	struct image_word cold;
	struct image_word warm;
	struct image_word bootstrap;
	struct image_word memory_size;
	struct image_word load_address;
};

/* image_file.c */
int image_file_read(struct image_file *file, const char *path,
		    struct mrb_error *err);
int image_file_open(struct image_file *file, const char *path,
		    struct mrb_error *err);
void image_file_free(struct image_file *file);
int image_file_write(const char *path, const void *data, size_t size,
		     struct mrb_error *err);
int image_view_next(const struct image_file *file, struct image_view *view,
		    struct mrb_error *err);
int image_view_check(const struct image_view *view, struct mrb_error *err);
void image_view_done(struct image_view *view);
void image_sha256(const void *data, size_t size, u8 digest[MRB_DIGEST_LEN]);

/* image_desc.c: these print what is wrong */
int image_desc_read(struct image_desc *desc, const char *path,
		    struct image_plan *plan);
void image_desc_free(struct image_desc *desc);
bool image_number(const char *text, u64 max, u64 *value);
struct image_blob *image_plan_add(struct image_plan *plan, unsigned int kind);

/* image_elf.c: these print what is wrong */
struct image_elf;
struct image_elf *image_elf_open(const char *path);
void image_elf_close(struct image_elf *elf);
int image_elf_plan(struct image_elf *elf, const struct image_desc *desc);

/* image_build.c */
int image_build(struct image_plan *plan, const char *path);

/* image_info.c */
void image_info_print(const struct image_view *view);
struct json_object;
struct json_object *image_info_json(const struct image_view *view);

/* image_sign.c */
int image_sign(const struct image_file *file, const char *key_path,
	       const char *cert_path, const char *out_path);
struct image_cert;
struct image_cert *image_cert_open(const char *path);
void image_cert_close(struct image_cert *cert);
int image_cert_check(const struct image_cert *cert,
		     const struct image_view *view, struct mrb_error *err);

#endif /* IMAGE_TOOL_H */
