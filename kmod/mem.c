// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in chunks: as large as the page allocator gives without effort, so
 * that an image of 64 MiB needs no contiguous block, and mapped for a device
 * as one scatter-gather table.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "update.h"

/* 256 KiB: one entry of a table each, and still easy to find. */
#define MAX_ORDER_WANTED	6

struct chunk {
	struct page *page;
	unsigned int order;
	size_t offset;		/* of its first byte in the whole */
};

struct csw_mem {
	size_t size;
	unsigned int num;
	struct chunk chunks[];
};

static struct page *alloc_chunk(size_t left, unsigned int *order)
{
	struct page *page;

	/* Not more than is left: of 65 KiB the last chunk is one page. */
	*order = min_t(unsigned int, ilog2(DIV_ROUND_UP(left, PAGE_SIZE)),
		       MAX_ORDER_WANTED);
	for (; *order; (*order)--) {
		page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
				   __GFP_NORETRY, *order);
		if (page)
			return page;
	}
	return alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, 0);
}

/**
 * csw_mem_alloc() - get zeroed memory in chunks
 * @size: bytes, more than zero
 *
 * Context: may sleep.
 * Return: the memory, or %NULL.
 */
struct csw_mem *csw_mem_alloc(size_t size)
{
	size_t pages = DIV_ROUND_UP(size, PAGE_SIZE), offset = 0;
	struct csw_mem *mem;
	struct chunk *c;

	mem = kvzalloc(struct_size(mem, chunks, pages), GFP_KERNEL);
	if (!mem)
		return NULL;
	mem->size = size;
	while (offset < size) {
		c = &mem->chunks[mem->num];
		c->page = alloc_chunk(size - offset, &c->order);
		if (!c->page) {
			csw_mem_free(mem);
			return NULL;
		}
		c->offset = offset;
		offset += PAGE_SIZE << c->order;
		mem->num++;
	}
	return mem;
}

/**
 * csw_mem_free() - give it back
 * @mem: not mapped for any device, or %NULL
 */
void csw_mem_free(struct csw_mem *mem)
{
	if (!mem)
		return;
	while (mem->num--)
		__free_pages(mem->chunks[mem->num].page,
			     mem->chunks[mem->num].order);
	kvfree(mem);
}

size_t csw_mem_size(const struct csw_mem *mem)
{
	return mem->size;
}

static size_t chunk_size(const struct csw_mem *mem, const struct chunk *c)
{
	return min_t(size_t, PAGE_SIZE << c->order, mem->size - c->offset);
}

void *csw_mem_at(const struct csw_mem *mem, size_t offset, size_t *room)
{
	unsigned int low = 0, high = mem->num - 1, middle;
	const struct chunk *c;

	if (WARN_ON_ONCE(offset >= mem->size)) {
		*room = 0;
		return NULL;
	}
	while (low < high) {
		middle = (low + high + 1) / 2;
		if (mem->chunks[middle].offset <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	c = &mem->chunks[low];
	*room = chunk_size(mem, c) - (offset - c->offset);
	return page_address(c->page) + (offset - c->offset);
}

void csw_mem_read(const struct csw_mem *mem, size_t offset, void *buf,
		  size_t len)
{
	size_t n;
	void *p;

	for (; len; offset += n, buf += n, len -= n) {
		p = csw_mem_at(mem, offset, &n);
		if (!p)
			return;
		n = min(n, len);
		memcpy(buf, p, n);
	}
}

void csw_mem_write(struct csw_mem *mem, size_t offset, const void *buf,
		   size_t len)
{
	size_t n;
	void *p;

	for (; len; offset += n, buf += n, len -= n) {
		p = csw_mem_at(mem, offset, &n);
		if (!p)
			return;
		n = min(n, len);
		memcpy(p, buf, n);
	}
}

static int fill_table(struct sg_table *sgt, const struct csw_mem *mem)
{
	struct scatterlist *sg;
	int i, ret;

	ret = sg_alloc_table(sgt, mem->num, GFP_KERNEL);
	if (ret)
		return ret;
	/* Whole chunks, so that a device can map them page by page. */
	for_each_sgtable_sg(sgt, sg, i)
		sg_set_page(sg, mem->chunks[i].page,
			    PAGE_SIZE << mem->chunks[i].order, 0);
	return 0;
}

/**
 * csw_map() - let a device reach memory
 * @map: filled in
 * @cdev: device
 * @mem: memory; must outlive @map
 * @writable: the device may write to it
 *
 * Context: process, @cdev->op_lock held.
 * Return: 0, -ENOMEM, or what the driver says.
 */
int csw_map(struct csw_map *map, struct codeswap_device *cdev,
	    struct csw_mem *mem, bool writable)
{
	struct device *parent = cdev->desc->parent;
	int ret;

	lockdep_assert_held(&cdev->op_lock);
	map->mem = mem;
	map->direction = writable ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
	ret = fill_table(&map->sgt, mem);
	if (ret)
		return ret;
	ret = dma_map_sgtable(parent, &map->sgt, map->direction, 0);
	if (ret)
		goto err_free;
	ret = cdev->desc->ops->attach(cdev, &map->sgt, mem->size, writable,
				      &map->address);
	if (ret)
		goto err_unmap;
	map->cdev = cdev;
	return 0;

err_unmap:
	dma_unmap_sgtable(parent, &map->sgt, map->direction, 0);
err_free:
	sg_free_table(&map->sgt);
	return ret;
}

/**
 * csw_unmap() - the opposite
 * @map: by csw_map(), or zeroed
 */
void csw_unmap(struct csw_map *map)
{
	struct codeswap_device *cdev = map->cdev;

	if (!cdev)
		return;
	lockdep_assert_held(&cdev->op_lock);
	cdev->desc->ops->detach(cdev, map->address);
	dma_unmap_sgtable(cdev->desc->parent, &map->sgt, map->direction, 0);
	sg_free_table(&map->sgt);
	map->cdev = NULL;
}

void csw_map_for_cpu(struct csw_map *map)
{
	dma_sync_sgtable_for_cpu(map->cdev->desc->parent, &map->sgt,
				 map->direction);
}

void csw_map_for_device(struct csw_map *map)
{
	dma_sync_sgtable_for_device(map->cdev->desc->parent, &map->sgt,
				    map->direction);
}
