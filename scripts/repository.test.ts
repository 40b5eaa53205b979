import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LIBRARY, ROOT, workspaces } from './workspaces.ts'

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

test('the lock names no registry', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string }>
  }
  const hosts = Object.values(lock.packages).filter(({ resolved }) => resolved?.includes('://'))
  expect(hosts).toEqual([])
})

test('every dependency is pinned, and only the published manifest has ranges', () => {
  for (const folder of workspaces()) {
    const { name, dependencies = {}, devDependencies = {} } = readManifest(folder)
    const pinned = name === 'noboil' ? devDependencies : { ...dependencies, ...devDependencies }
    for (const [dependency, version] of Object.entries(pinned)) {
      expect(version, `${dependency} in ${folder}`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
    }
  }
})

test('every entry of the package is a file of src/exports, and the other way round', () => {
  const entries = Object.entries(readManifest('packages/noboil').exports ?? {}).filter(
    ([entry]) => entry !== './package.json',
  )
  const names = entries.map(([entry]) => entry.slice(2).replaceAll('/', '-'))
  const files = globSync('src/exports/*.ts', { cwd: LIBRARY })
  expect(files.toSorted()).toEqual(names.map((name) => `src/exports/${name}.ts`).toSorted())
  for (const [at, [, conditions]] of entries.entries()) {
    expect(conditions).toEqual({
      'noboil-source': `./src/exports/${names[at]}.ts`,
      types: `./dist/exports/${names[at]}.d.ts`,
      default: `./dist/exports/${names[at]}.js`,
    })
    expect(Object.keys(conditions as object)[0]).toBe('noboil-source')
  }
})

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
}
