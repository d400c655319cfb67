import { stripVTControlCharacters, styleText } from 'node:util'

/** Who does something in the story. */
export type Actor = 'operator' | 'runner' | 'portal' | 'relay' | 'customer' | 'support'

type Style = Parameters<typeof styleText>[0]

/** A part of the story with a clock of its own. */
export type Scene = {
  /** Something happened, `at` (ms UTC; default: now). Told in the order of time when the scene ends. */
  tell(actor: Actor, text: string, at?: number): void
  /** A line without an actor, below the last one. */
  add(text: string): void
  /** Prints what has been told since the last time. */
  flush(): void
}

export type Screen = {
  heading(text: string): void
  paragraph(text: string): void
  facts(rows: readonly (readonly [label: string, value: string])[]): void
  table(rows: readonly (readonly string[])[]): void
  scene(title: string): Scene
  code(text: string): void
  verdict(isGood: boolean, text: string): void
}

const WIDTH = 92
const ACTOR_WIDTH = 10
const STYLES: Record<Actor, Style> = {
  operator: 'magenta',
  runner: 'cyan',
  portal: 'yellow',
  relay: 'green',
  customer: 'blue',
  support: 'magenta',
}

/** @param out prints one line; colours only where standard output is a terminal that wants them (NO_COLOR) */
export function makeScreen(out: (line: string) => void): Screen {
  const style = (how: Style, text: string) => styleText(how, text, { stream: process.stdout })
  let scenes = 0
  return {
    heading(text) {
      out('')
      out(style('bold', text))
    },
    paragraph(text) {
      out('')
      for (const line of wrap(text, WIDTH - 2)) out(`  ${line}`)
    },
    facts(rows) {
      out('')
      const width = Math.max(...rows.map(([label]) => label.length))
      for (const [label, value] of rows) out(`  ${style('dim', label.padEnd(width + 2))}${value}`)
    },
    table: (rows) => printTable(out, style, rows),
    scene(title) {
      scenes += 1
      out('')
      out(`${style('bold', `${scenes}  ${title}`)}`)
      out('')
      return makeScene(out, style)
    },
    code(text) {
      out('')
      for (const line of text.split('\n')) out(style('cyan', `  ${line}`))
    },
    verdict(isGood, text) {
      out('')
      out(style(['bold', isGood ? 'green' : 'red'], text))
    },
  }
}

type Styler = (how: Style, text: string) => string
type Line = { at: number | null; actor: Actor | null; text: string }

function makeScene(out: (line: string) => void, style: Styler): Scene {
  const startedAt = Date.now()
  let lines: Line[] = []
  return {
    tell(actor, text, at = Date.now()) {
      lines.push({ at, actor, text })
    },
    add(text) {
      lines.push({ at: null, actor: null, text })
    },
    flush() {
      for (const { at, actor, text } of inOrder(lines)) {
        const time = at === null ? '' : `${Math.max(0, at - startedAt)} ms`
        const who = actor === null ? ' '.repeat(ACTOR_WIDTH) : style(STYLES[actor], actor.padEnd(ACTOR_WIDTH))
        out(`${style('dim', time.padStart(11))}  ${who} ${text}`)
      }
      lines = []
    },
  }
}

/** By time; lines without one stay behind the line that they were added to. */
function inOrder(lines: readonly Line[]): Line[] {
  const groups: Line[][] = []
  for (const line of lines) {
    if (line.at === null && groups.length > 0) groups.at(-1)!.push(line)
    else groups.push([line])
  }
  return groups.sort(([a], [b]) => (a!.at ?? 0) - (b!.at ?? 0)).flat()
}

/** Columns as wide as their widest cell; the first row is the head. */
function printTable(out: (line: string) => void, style: Styler, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => stripVTControlCharacters(row[column] ?? '').length)),
  )
  out('')
  rows.forEach((row, index) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    const line = `  ${cells.join('   ')}`.trimEnd()
    out(index === 0 ? style('dim', line) : line)
  })
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
