import { expect, test } from 'vitest'
import { ensureSystem, type Machine } from './ensure-system.ts'

test('nothing is installed when nothing is missing', () => {
  const machine = fakeMachine({ present: ['chromium', 'strace', 'redis-server'] })
  expect(ensureSystem(machine)).toEqual([])
  expect(machine.ran).toEqual([])
})

test('root installs exactly what is missing', () => {
  const machine = fakeMachine({ present: ['apt-get', 'chromium', 'redis-server'] })
  expect(ensureSystem(machine)).toEqual(['strace'])
  expect(machine.ran).toEqual(['update', 'install --yes --no-install-recommends strace'])
})

test('anybody else is told what to install', () => {
  const machine = fakeMachine({ present: ['apt-get'], isRoot: false })
  expect(() => ensureSystem(machine)).toThrow(
    'Not on this machine: chromium (for the browser tests) and strace (for the durability test) and redis-server (for the tests of the cache). ' +
      'As root, install them with: apt-get install chromium strace redis-server',
  )
  expect(machine.ran).toEqual([])
})

test('a system without apt-get is told what to install', () => {
  expect(() => ensureSystem(fakeMachine({ present: ['chromium', 'redis-server'] }))).toThrow(
    'Not on this machine: strace (for the durability test). As root, install it with: apt-get install strace',
  )
})

test('an installation that fails or brings nothing is an error', () => {
  const failing = fakeMachine({ present: ['apt-get', 'chromium'], aptWorks: false })
  expect(() => ensureSystem(failing)).toThrow('apt-get did not bring it')
  const empty = fakeMachine({ present: ['apt-get', 'chromium'], brings: false })
  expect(() => ensureSystem(empty)).toThrow('apt-get did not bring it')
})

interface FakeMachine extends Machine {
  readonly ran: readonly string[]
}

function fakeMachine({
  present,
  isRoot = true,
  aptWorks = true,
  brings = true,
}: {
  present: readonly string[]
  isRoot?: boolean
  aptWorks?: boolean
  brings?: boolean
}): FakeMachine {
  const programs = new Set(present)
  const ran: string[] = []
  return {
    ran,
    isRoot,
    has: (program) => programs.has(program),
    apt(...args) {
      ran.push(args.join(' '))
      if (aptWorks && brings && args[0] === 'install')
        for (const name of args.slice(3)) programs.add(name)
      return aptWorks
    },
  }
}
