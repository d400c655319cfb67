import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { ensureTool } from '../../scripts/setup.ts'

/** Real Chromium: found on PATH, or installed by the project's set-up script. */
export type TestBrowser = {
  readonly context: BrowserContext
  /** A new page whose console and failed requests are collected in `complaints`. */
  open(url: string): Promise<{ page: Page; complaints: string[] }>
  close(): Promise<void>
}

/** Chromium must not call home from tests, and cannot use its sandbox as root. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser's path; null, with a line on the console, where it is missing and this is not CI. */
export function findBrowser(): string | null {
  try {
    return ensureTool('chromium')
  } catch (error) {
    if (process.env.CI) throw error
    console.warn(`browser tests are left out: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

export async function startBrowser(executablePath: string): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'mfa-relay-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    viewport: { width: 900, height: 700 },
  })
  return {
    context,
    async open(url) {
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(url)
      return { page, complaints }
    },
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
