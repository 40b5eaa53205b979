import { expect, test } from 'vitest'
import { makeCatalogue, readFilms } from './catalogue.ts'

const films = readFilms()
const { find, search } = makeCatalogue(films)
const titles = (text: string): readonly string[] => search(text).map(({ title }) => title)

test('there are at least two hundred films, each with a number of its own', () => {
  expect(films.length).toBeGreaterThanOrEqual(200)
  expect(new Set(films.map(({ id }) => id)).size).toBe(films.length)
  for (const film of films) expect(find(film.id)).toBe(film)
  expect(find(1)).toBeUndefined()
})

test('every word that is looked for begins a word of the title, of a director or is the year', () => {
  expect(titles('seven sam')).toEqual(['Seven Samurai'])
  expect(titles('kurosawa 1985')).toEqual(['Ran'])
  expect(titles('ran kubrick')).toEqual([])
  expect(titles('urai')).toEqual([])
})

test('accents, capitals and punctuation do not matter', () => {
  expect(titles('AMELIE')).toEqual(['Amélie'])
  expect(titles('singin in')).toEqual(["Singin' in the Rain"])
  expect(titles('wall e')).toEqual(['WALL·E'])
})

test('the title that was meant comes first', () => {
  expect(titles('her')[0]).toBe('Her')
  expect(titles('godfather')).toEqual([
    'The Godfather',
    'The Godfather Part II',
    'Tokyo Godfathers',
  ])
})

test('nothing to look for finds nothing', () => {
  expect(titles('  …  ')).toEqual([])
})
