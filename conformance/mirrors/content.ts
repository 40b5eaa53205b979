/** Where the posts are that both deployments show: one file, as two deployments may share one database. */
import { readFile, writeFile } from 'node:fs/promises'

export interface Post {
  readonly id: string
  readonly title: string
}

export async function readPosts(file: string): Promise<readonly Post[]> {
  return JSON.parse(await readFile(file, 'utf8')) as readonly Post[]
}

export async function writePost(file: string, id: string, title: string): Promise<void> {
  const posts = await readPosts(file)
  const changed = posts.map((post) => (post.id === id ? { ...post, title } : post))
  await writeFile(file, JSON.stringify(changed))
}
