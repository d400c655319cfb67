import { storeContract } from './contract.ts'
import { openTestStore } from './sqlite/test-store.ts'

storeContract('SQLite', openTestStore)
