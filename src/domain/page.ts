/** Which part of a list is wanted; pages count from 1. */
export type PageRequest = { readonly page: number; readonly limit: number }

/** A part of a list and how many rows there are in all. */
export type Page<T> = { readonly total: number; readonly items: readonly T[] }
