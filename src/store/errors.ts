/** The store cannot be opened as things are set up: an operator has to act. The program exits with 78. */
export class StoreSetupError extends Error {
  override name = 'StoreSetupError'
}

/** The store was written under a master key that this start was not given. */
export class WrongMasterKeyError extends StoreSetupError {
  override name = 'WrongMasterKeyError'

  constructor(keyId: string) {
    super(
      `The store holds values sealed under master key ${keyId}, which is not among the keys given. ` +
        'Set MASTER_KEY to it (several keys, comma separated: the first seals, all open), ' +
        'or put the master.key file back that belongs to this store.',
    )
  }
}

/** The store was migrated by a newer version of this program. */
export class StoreTooNewError extends StoreSetupError {
  override name = 'StoreTooNewError'

  constructor(found: number, known: number) {
    super(
      `The store has schema ${found}, this program knows ${known}: start the newer version of the relay, ` +
        'or restore the backup that was made before it was upgraded.',
    )
  }
}

/** A sealed value that does not open: damaged, moved to another row, or sealed under a key not given. */
export class SealBrokenError extends Error {
  override name = 'SealBrokenError'

  constructor(place: string, why: string) {
    super(`Sealed value ${place} does not open: ${why}`)
  }
}

/** A store could not be moved; where it was to go, nothing of it is left. */
export class StoreMoveError extends Error {
  override name = 'StoreMoveError'
}
