import { z } from '@hono/zod-openapi'

/* Pieces that the schemas of several rooms share. */

/** An instant as the API shows it. */
export const instant = z.iso.datetime().openapi({ example: '2026-11-21T07:30:00.000Z' })

/** ms UTC → ISO 8601. */
export const isoTime = (at: number): string => new Date(at).toISOString()
export const isoTimeOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at))

/** Path parameters. Ids are opaque to callers; one that is none of ours is simply not found. */
export const idParams = z.object({ id: z.string().min(1).max(100) })
export const companyParams = z.object({ companyId: z.string().min(1).max(100) })

/** The body of a request that must be JSON. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
})

/** A response that is JSON. */
export const jsonResponse = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})
