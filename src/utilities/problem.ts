/** What is wrong with a file, precisely enough to open the editor at the place. */
export type Problem = {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** Path inside the file, e.g. `email.codes.0`. */
  readonly path?: string
  readonly reason: string
}

/** A problem as one line: `file:line:column: path: reason`. */
export function formatProblem({ file, line, column, path, reason }: Problem): string {
  const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`
  return `${file}${place}: ${path ? `${path}: ` : ''}${reason}`
}
