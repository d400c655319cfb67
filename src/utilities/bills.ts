import { z } from 'zod'
import { BILL_FIELDS } from '../domain/bill.ts'

const phrase = z.string().trim().min(2).max(120)

/**
 * How one kind of bill of a utility is worded: labels as they are printed, no patterns. A label is a whole cell, or
 * the start of one that its value completes; the value stands behind it, in the next column or below it. What a
 * template does not name, the general reader looks for.
 */
export const billTemplateSchema = z.strictObject({
  name: z.string().min(1).max(80),
  /** Phrases that are all on such a bill, and together on no other. */
  when: z.array(phrase).min(1).max(8),
  language: z.enum(['en', 'fr']).optional(),
  /** How slashed dates are written here. */
  dateOrder: z.enum(['mdy', 'dmy']).optional(),
  currency: z.enum(['USD', 'CAD']).optional(),
  labels: z.partialRecord(z.enum(BILL_FIELDS), z.array(phrase).min(1).max(8)).default({}),
  /** Cells that start with one of these are not looked at: figures that look like the ones wanted. */
  ignore: z.array(phrase).max(20).default([]),
})

/** A utility's bills, tried in order. */
export const billTemplatesSchema = z.array(billTemplateSchema).max(20).default([])

export type BillTemplate = z.infer<typeof billTemplateSchema>
