import { describe, expect, test } from 'vitest'
import { allCases } from './cases/all.ts'
import { type Kind, nameOf } from './cases/case.ts'
import { hosts } from './hosts.ts'
import { rules } from './matrix/policy.ts'
import { operations } from './operations.ts'
import { conform } from './run.ts'
import { s } from './app.ts'

for (const driver of hosts) conform(driver)

describe('the table of cases', () => {
  test('names each case once', () => {
    const names = allCases.map(nameOf)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  test('names only operations that there are', () => {
    const unknown = [...allCases.map(({ on }) => on), ...rules.map(({ path }) => path)].filter(
      (path) => !operations.has(path) && !path.endsWith('.search'),
    )
    expect(unknown).toEqual([])
  })

  test('has what each factory’s operations must be held to', () => {
    expect(lacking()).toEqual([])
  })

  test('has a policy for each operation of each factory', () => {
    const ruled = new Set(rules.map(({ path }) => ofFactory(path)))
    const missing = [...operations.keys()].map(ofFactory).filter((name) => !ruled.has(name))
    expect([...new Set(missing)]).toEqual([])
  })
})

/** `vote.pub.list` → `log.pub.list`. */
function ofFactory(path: string): string {
  const [table, ...rest] = path.split('.')
  return [s[table as 'vote'].factory, ...rest].join('.')
}

/** Which kinds of rules the operations of each factory need: reads hide, writes are refused and counted. */
function lacking(): string[] {
  const kindsOf = new Map<string, Set<Kind>>()
  for (const { on, kind } of allCases) {
    const name = ofFactory(on)
    kindsOf.set(name, (kindsOf.get(name) ?? new Set()).add(kind))
  }
  return [...operations.keys()].flatMap((path) => {
    const name = ofFactory(path)
    const found = kindsOf.get(name) ?? new Set<Kind>()
    return needed(path)
      .filter((kind) => !found.has(kind))
      .map((kind) => `${name}: ${kind}`)
  })
}

const needed = (path: string): readonly Kind[] => {
  const operation = path.split('.').slice(1).join('.')
  if (/^(append|create|set|upsert|update)$/.test(operation)) {
    return ['happy', 'malformed', 'forbidden', 'conflicting']
  }
  if (operation.endsWith('Bulk')) return ['bulk', 'malformed', 'forbidden']
  if (operation === 'restore' || operation === 'restoreByParent')
    return ['restored', 'malformed', 'forbidden']
  if (operation === 'purgeByParent') return ['purged', 'malformed', 'forbidden']
  return ['malformed', 'forbidden']
}
