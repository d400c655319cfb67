import { z } from '@hono/zod-openapi'
import type { Page, PageRequest } from '../domain/page.ts'

const LARGEST_PAGE = 500

/** `?page=1&limit=100` of every list. */
export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).openapi({ description: 'counts from 1' }),
  limit: z.coerce.number().int().min(1).max(LARGEST_PAGE).default(100),
})

/** The shape of a list of `items`. */
export const pageSchema = <T extends z.ZodType>(items: T) =>
  z.object({
    total: z.number().int().openapi({ description: 'exact up to 10,000, beyond that at least so many' }),
    perPage: z.number().int(),
    currentPage: z.number().int(),
    totalPages: z.number().int(),
    hasNext: z.boolean(),
    hasPrevious: z.boolean(),
    items: z.array(items),
  })

/** A part of a list as the API shows it. */
export function presentPage<T, U>({ total, items }: Page<T>, request: PageRequest, present: (item: T) => U) {
  const totalPages = Math.ceil(total / request.limit)
  return {
    total,
    perPage: request.limit,
    currentPage: request.page,
    totalPages,
    hasNext: request.page < totalPages,
    hasPrevious: request.page > 1,
    items: items.map(present),
  }
}
