/** Whether an image is this project's own: its repository is `…/drone-promote`. Its containers really run the program. */
export function isProgram(image: string): boolean {
  return /\/drone-promote(:[^/@]+)?(@[^/]+)?$/.test(image);
}
