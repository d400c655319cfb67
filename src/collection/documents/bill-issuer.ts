import type { BillTemplate } from '../../utilities/bills.ts'
import type { UtilityDefinition } from '../../utilities/definition.ts'

/** What the reader knows of a utility. Plain data: it is posted to a worker. */
export type BillIssuer = {
  readonly id: string
  /** Name and aliases. */
  readonly names: readonly string[]
  readonly web: readonly string[]
  readonly country: readonly string[]
  readonly bills: readonly BillTemplate[]
}

/** What the reader needs of a utility's definition. */
export const billIssuer = ({
  id,
  name,
  aliases,
  web,
  country,
  bills,
}: Pick<UtilityDefinition, 'id' | 'name' | 'aliases' | 'web' | 'country' | 'bills'>): BillIssuer => ({
  id,
  names: [name, ...aliases],
  web,
  country,
  bills,
})
