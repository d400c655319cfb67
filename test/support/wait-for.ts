/**
 * Waits until a condition holds: tests wait for what happens, never for a time.
 *
 * @param probe answers a truthy value once it holds; what it throws counts as "not yet"
 * @param timeoutMs after which the test fails with the last error
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let last: unknown
    try {
      const value = await probe()
      if (value) return value
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${last ? `: ${String(last)}` : ''}`)
    }
    // A rest between two looks, so that looking leaves the processor to what it waits for.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
