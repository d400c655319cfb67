import { storeContract } from './contract.ts'
import { openTestStore } from './postgres/test-store.ts'

storeContract('PostgreSQL', openTestStore)
