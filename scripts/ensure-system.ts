/**
 * The tests drive a browser, trace system calls and use a Redis, so they need programs that npm cannot install. As root
 * on a Debian-like system the missing ones are installed; anybody else is told what to install.
 * @module
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { show } from './command.ts'

/** A program by the name it is started with, and the Debian package that brings it. */
export interface Program {
  readonly name: string
  readonly package: string
  readonly purpose: string
}

/** What this needs of the machine. */
export interface Machine {
  has(program: string): boolean
  readonly isRoot: boolean
  /** Runs apt-get; answers whether it succeeded. */
  apt(...args: string[]): boolean
}

export const PROGRAMS: readonly Program[] = [
  { name: 'chromium', package: 'chromium', purpose: 'the browser tests' },
  { name: 'strace', package: 'strace', purpose: 'the durability test' },
  { name: 'redis-server', package: 'redis-server', purpose: 'the tests of the cache' },
]

/** Answers the names of what it installed; throws a sentence when something is missing and cannot be installed. */
export function ensureSystem(
  machine: Machine = thisMachine(),
  programs: readonly Program[] = PROGRAMS,
): readonly string[] {
  const missing = programs.filter(({ name }) => !machine.has(name))
  if (missing.length === 0) return []
  const packages = missing.map((program) => program.package)
  const wanted = missing.map(({ name, purpose }) => `${name} (for ${purpose})`).join(' and ')
  const advice = `install ${packages.length > 1 ? 'them' : 'it'} with: apt-get install ${packages.join(' ')}`
  if (!machine.isRoot || !machine.has('apt-get')) {
    throw new Error(`Not on this machine: ${wanted}. As root, ${advice}`)
  }
  const installed =
    machine.apt('update') && machine.apt('install', '--yes', '--no-install-recommends', ...packages)
  if (!installed || missing.some(({ name }) => !machine.has(name))) {
    throw new Error(`Not on this machine: ${wanted}, and apt-get did not bring it; ${advice}`)
  }
  return packages
}

function thisMachine(): Machine {
  process.env['DEBIAN_FRONTEND'] ??= 'noninteractive'
  return {
    has: isOnPath,
    isRoot: process.getuid?.() === 0,
    apt: (...args) => show('apt-get', ['--quiet', ...args]),
  }
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
