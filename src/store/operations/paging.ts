import type { PageRequest } from '../../domain/page.ts'

/** How many rows come before a page. */
export const offsetOf = ({ page, limit }: PageRequest): number => (page - 1) * limit
