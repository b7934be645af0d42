// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file of a signed manifest: JSON, in which the manifest is a text, because
 * signatures are of bytes. Signatures are added one by one, each where its key is.
 */
#include <stdlib.h>

#include <openssl/evp.h>

#include "json.h"
#include "trust.h"

/**
 * signed_new() - a manifest without signatures
 * @text: JSON, copied
 * @size: bytes
 *
 * Return: to be freed with signed_free(), or %NULL without memory.
 */
struct signed_manifest *signed_new(const char *text, size_t size)
{
	struct signed_manifest *s = calloc(1, sizeof(*s));

	if (s)
		s->text = malloc(size + 1);
	if (s && s->text) {
		memcpy(s->text, text, size);
		s->text[size] = '\0';
		s->size = size;
		return s;
	}
	free(s);
	return NULL;
}

void signed_free(struct signed_manifest *s)
{
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < s->num; i++)
		free(s->signatures[i].message);
	free(s->text);
	free(s);
}

/**
 * role_problem() - what is wrong with the name of a role
 * @role: the name
 *
 * Return: the second half of a sentence, or %NULL if nothing is wrong.
 */
const char *role_problem(const char *role)
{
	size_t len = strlen(role);

	if (!len || len >= ROLE_LEN)
		return "has no 1 to 31 characters";
	if (role[strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return "has characters other than a to z, 0 to 9 and '-'";
	return NULL;
}

/* Takes @message. A role's earlier signature is replaced. */
static int set(struct signed_manifest *s, const char *role, u8 *message,
	       size_t size, struct mrb_error *err)
{
	unsigned int i;

	for (i = 0; i < s->num; i++)
		if (!strcmp(s->signatures[i].role, role))
			break;
	if (i == TRUST_MAX_ROLES) {
		free(message);
		return mrb_refuse(err, -E2BIG,
				  "a manifest has at most %u signatures",
				  TRUST_MAX_ROLES);
	}
	if (i == s->num)
		s->num++;
	else
		free(s->signatures[i].message);
	snprintf(s->signatures[i].role, ROLE_LEN, "%s", role);
	s->signatures[i].message = message;
	s->signatures[i].size = size;
	return 0;
}

/**
 * signed_add() - add the signature of a role
 * @s: signed manifest
 * @role: name of the role; its earlier signature is replaced
 * @message: signature, copied
 * @size: bytes of it
 * @err: set on failure
 *
 * Return: 0, or the code in @err.
 */
int signed_add(struct signed_manifest *s, const char *role, const u8 *message,
	       size_t size, struct mrb_error *err)
{
	const char *problem = role_problem(role);
	u8 *copy;

	if (problem)
		return mrb_refuse(err, -EINVAL, "role '%s' %s", role, problem);
	copy = malloc(size ?: 1);
	if (!copy)
		return mrb_refuse(err, -ENOMEM, "out of memory");
	memcpy(copy, message, size);
	return set(s, role, copy, size, err);
}

static const char *get_text(struct json_object *object, const char *key,
			    size_t *size)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_string))
		return NULL;
	*size = json_object_get_string_len(member);
	return json_object_get_string(member);
}

/* Returns memory to be freed, or NULL. */
static u8 *decode(const char *text, size_t len, size_t *size)
{
	u8 *bytes;
	int n;

	if (!len || len % 4 || len > MANIFEST_MAX_BYTES)
		return NULL;
	bytes = malloc(len / 4 * 3);
	n = bytes ? EVP_DecodeBlock(bytes, (const u8 *)text, (int)len) : -1;
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	/* It counts what stands for the padding as bytes. */
	*size = n - (text[len - 1] == '=') - (text[len - 2] == '=');
	return bytes;
}

static int read_signature(struct json_object *object, struct signed_manifest *s,
			  struct mrb_error *err)
{
	size_t role_len = 0, len = 0, size;
	const char *role = get_text(object, "role", &role_len);
	const char *cms = get_text(object, "cms", &len);
	u8 *message;

	if (!role || !cms || strlen(role) != role_len)
		return mrb_refuse(err, -EBADMSG,
				  "a signature of the manifest has no role or no cms");
	if (role_problem(role))
		return mrb_refuse(err, -EBADMSG,
				  "a signature's role %s", role_problem(role));
	message = decode(cms, len, &size);
	if (!message)
		return mrb_refuse(err, -EBADMSG,
				  "the signature of %s is not in base64", role);
	return set(s, role, message, size, err);
}

static int read_signatures(struct json_object *root, struct signed_manifest *s,
			   struct mrb_error *err)
{
	struct json_object *array;
	size_t i;

	if (!json_object_object_get_ex(root, "signatures", &array) ||
	    !json_object_is_type(array, json_type_array))
		return mrb_refuse(err, -EBADMSG,
				  "the signed manifest has no array of signatures");
	if (json_object_array_length(array) > TRUST_MAX_ROLES)
		return mrb_refuse(err, -E2BIG,
				  "a manifest has at most %u signatures",
				  TRUST_MAX_ROLES);
	for (i = 0; i < json_object_array_length(array); i++)
		if (read_signature(json_object_array_get_idx(array, i), s, err))
			return err->code;
	return 0;
}

static struct signed_manifest *read_signed(struct json_object *root,
					   struct mrb_error *err)
{
	struct json_object *format;
	struct signed_manifest *s;
	const char *text;
	size_t size = 0;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, "codeswap-signed-manifest", &format) ||
	    json_object_get_int(format) != SIGNED_FORMAT) {
		mrb_refuse(err, -EPROTONOSUPPORT,
			   "this is no signed manifest of format %u",
			   SIGNED_FORMAT);
		return NULL;
	}
	text = get_text(root, "manifest", &size);
	if (!text || !size || size > MANIFEST_MAX_BYTES) {
		mrb_refuse(err, -EBADMSG,
			   "the signed manifest has no manifest of 1 to %u bytes",
			   MANIFEST_MAX_BYTES);
		return NULL;
	}
	s = signed_new(text, size);
	if (!s) {
		mrb_refuse(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (!read_signatures(root, s, err))
		return s;
	signed_free(s);
	return NULL;
}

/**
 * signed_parse() - read a signed manifest
 * @bytes: of the file
 * @size: how many
 * @err: set on failure
 *
 * Nothing is checked of what is signed, nor the signatures.
 *
 * Return: to be freed with signed_free(), or %NULL.
 */
struct signed_manifest *signed_parse(const char *bytes, size_t size,
				     struct mrb_error *err)
{
	struct json_object *root = json_read("a signed manifest", bytes, size,
					     SIGNED_MAX_BYTES, err);
	struct signed_manifest *s = root ? read_signed(root, err) : NULL;

	json_object_put(root);
	return s;
}

static struct json_object *format_signature(const struct role_signature *sig)
{
	struct json_object *object = json_object_new_object();
	char *text = malloc((sig->size + 2) / 3 * 4 + 1);

	if (object && text) {
		EVP_EncodeBlock((u8 *)text, sig->message, (int)sig->size);
		json_object_object_add(object, "role",
				       json_object_new_string(sig->role));
		json_object_object_add(object, "cms",
				       json_object_new_string(text));
	}
	free(text);
	return object;
}

/**
 * signed_format() - the file of a signed manifest
 * @s: signed manifest
 * @size: set to its bytes
 *
 * Return: text to be freed, or %NULL without memory.
 */
char *signed_format(const struct signed_manifest *s, size_t *size)
{
	struct json_object *root = json_object_new_object();
	struct json_object *array = json_object_new_array();
	char *text = NULL;
	unsigned int i;

	for (i = 0; root && array && i < s->num; i++)
		json_object_array_add(array, format_signature(&s->signatures[i]));
	if (root && array) {
		json_object_object_add(root, "codeswap-signed-manifest",
				       json_object_new_int(SIGNED_FORMAT));
		json_object_object_add(root, "manifest",
				       json_object_new_string_len(s->text,
								  (int)s->size));
		json_object_object_add(root, "signatures", array);
		array = NULL;
		text = strdup(json_object_to_json_string_ext(root,
							     JSON_C_TO_STRING_PRETTY));
	}
	json_object_put(array);
	json_object_put(root);
	*size = text ? strlen(text) : 0;
	return text;
}
