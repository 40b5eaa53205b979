/**
 * The pages write the types of their functions in a notation that is not TypeScript: `Query<(ctx, { key: string }) => Row>`. Each
 * line becomes a check that the factory has a function of that name, takes those arguments and answers that.
 */

/** Arguments that the notation names without a type. `indexBy: string` is one of the payload's fields. */
const untyped: Readonly<Record<string, string>> = {
  paginationOpts: 'paginationOpts: PaginationOptions',
  id: 'id: Id<table>',
  patch: 'patch: Partial<T>',
  'expectedUpdatedAt?': 'expectedUpdatedAt?: number',
  'indexBy: string': 'indexBy: keyof T',
}

export function shapesOf(factory: 'Base' | 'Kv' | 'Log', text: string): string {
  const table = { Base: 'movie', Kv: 'siteConfig', Log: 'vote' }[factory]
  const checks: string[] = []
  let group = ''
  for (const line of text.split('\n').slice(1, -1)) {
    const opens = /^(\w+)\??: \{$/.exec(line)
    const names = /^(\w+)\?: \{ ([\w, ]+) \}$/.exec(line)
    if (line.startsWith('//')) continue
    else if (opens) group = `['${opens[1]}']`
    else if (line === '}') group = ''
    else if (names) checks.push(...groupChecks(names[1] as string, names[2] as string))
    else checks.push(functionCheck(group, line) ?? hookCheck(line) ?? unknownLine(line))
  }
  return [
    `import type { PaginatedResult as Page, PaginationOptions } from 'noboil/node'`,
    `import type { HookContext, Id } from 'noboil/schema'`,
    `import type { EventOf, Hooks, ${factory}, Speaks } from '../support/shapes.ts'`,
    `type table = '${table}'`,
    `type T = ${factory}['payload']`,
    `type Row = ${factory}['row']`,
    'type Patch = Partial<T>',
    'type PaginatedResult = Page<Row>',
    `type Api = ${factory}['api']`,
    ...(factory === 'Log' ? [`type Of = Log['hooks']`] : []),
    'export type Checks = [',
    ...checks.map((check) => `${check},`),
    ']',
    '',
  ].join('\n')
}

function functionCheck(group: string, line: string): string | undefined {
  const found = /^(\w+): (Query|Mutation|Action)<\(ctx, \{ (.+?) \}\) => (.+)>$/.exec(line)
  if (!found) return undefined
  const [, name, kind = '', given = '', answer] = found
  const args = given.split(', ').map((arg) => untyped[arg] ?? arg)
  return `Speaks<Api${group}['${name}'], '${kind.toLowerCase()}', { ${args.join('; ')} }, ${answer}>`
}

function hookCheck(line: string): string | undefined {
  const found = /^(\w+)\?: \(ctx, \{ ([\w, ]+) \}\) => (.+)$/.exec(line)
  if (!found) return undefined
  const [, name, fields = '', answer] = found
  const hook = `NonNullable<Of['${name}']>`
  const named = fields.split(', ').map((field) => `'${field}'`)
  const fn = `(ctx: HookContext, event: EventOf<${hook}>) => ${answer}`
  return `Hooks<${hook}, ${named.join(' | ')}, ${fn}>`
}

const groupChecks = (group: string, names: string): string[] =>
  names.split(', ').map((name) => `Api['${group}']['${name}']`)

function unknownLine(line: string): never {
  throw new Error(`A line of the notation that nothing is made of: ${line}`)
}
