import { cleanup, render } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Poster } from './poster.tsx'
import { films } from './preview/films.ts'
import { seeded } from './seeded.ts'

afterEach(cleanup)

const drawn = (at: number, small = false): string => {
  const film = films[at]
  if (!film) throw new Error('There is no such film.')
  const { container } = render(<Poster film={film} small={small} />)
  return container.querySelector('svg')?.outerHTML ?? ''
}

test('a film always looks the same, in every size, and no two alike', () => {
  const posters = films.map((_, at) => drawn(at))
  expect(films.map((_, at) => drawn(at, true))).toEqual(posters)
  expect(new Set(posters).size).toBe(films.length)
})

test('chance is spread evenly and stays in its bounds', () => {
  const random = seeded(9_000_001)
  const numbers = Array.from({ length: 2_000 }, random)
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...numbers)).toBeLessThan(1)
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length
  expect(mean).toBeCloseTo(0.5, 1)
})

test('a poster of TMDB lies over the drawn one, which stays if it does not load', () => {
  const film = { ...films[0], posterPath: '/abc.jpg' } as (typeof films)[number]
  const { container } = render(<Poster film={film} />)
  const image = container.querySelector('img')
  expect(image?.getAttribute('src')).toBe('https://image.tmdb.org/t/p/w342/abc.jpg')
  image?.dispatchEvent(new Event('error'))
  expect(container.querySelector('img')).toBeNull()
  expect(container.querySelector('svg')).not.toBeNull()
})
