#!/usr/bin/env node
// Starts the program under a Node that can run it: the built dist/ if there is one, else the sources (which
// need Node 24's type stripping). An older system Node hands over to the one in node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 24
const sources = new URL('../src/main.ts', import.meta.url)
const entry = existsSync(sources) ? sources : new URL('../dist/main.js', import.meta.url)

function nodeOfOurs() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return null
  }
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) {
  await import(entry.href)
} else {
  const node = nodeOfOurs()
  if (node === null) {
    console.error(`mfa-relay needs Node ${NEEDED_MAJOR} or newer; this is ${process.version}`)
    process.exit(78)
  }
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
