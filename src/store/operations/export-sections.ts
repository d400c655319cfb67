import type { ExportSection } from '../../domain/export.ts'
import { OF_COMPANY } from './export-sections/of-company.ts'
import { OF_CONNECTION } from './export-sections/of-connection.ts'
import type { Section } from './export-sections/section.ts'

/**
 * Everything of a company's but what is secret. test/provisioning/export.test.ts compares it with the tables: a column
 * that is added later is either here or among those that are left out on purpose.
 */
export const SECTIONS: Readonly<Record<ExportSection, Section>> = { ...OF_COMPANY, ...OF_CONNECTION }
