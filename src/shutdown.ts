import { log } from './log.ts'

type Stop = () => Promise<void> | void

/** What is to be stopped: first everything that takes work in, together; then what it stood on, last one first. */
export class Shutdown {
  readonly #front: Stop[] = []
  readonly #back: Stop[] = []
  isStopping = false

  front(stop: Stop): void {
    this.#front.push(stop)
  }
  back(stop: Stop): void {
    this.#back.unshift(stop)
  }
  async run(): Promise<void> {
    if (this.isStopping) return
    this.isStopping = true
    await Promise.all(this.#front.map((stop) => this.#attempt(stop)))
    for (const stop of this.#back) await this.#attempt(stop)
  }
  /** One part that does not stop well must not keep the others from stopping. */
  async #attempt(stop: Stop): Promise<void> {
    try {
      await stop()
    } catch (error) {
      log.fault({ where: 'shutdown', error })
    }
  }
}
