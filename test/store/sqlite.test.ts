import { saveAndClaimContract } from './contract/save-and-claim.ts'
import { storeContract } from './contract.ts'
import { openTestStore } from './sqlite/test-store.ts'

storeContract('SQLite', openTestStore, { 'claims in the commit of their message': saveAndClaimContract })
