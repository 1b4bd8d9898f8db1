/** A name of at most `longest` characters: its beginning and its end tell it apart, its middle is left out. */
export function middle(name: string, longest: number): string {
  const characters = [...name];
  if (characters.length <= longest) return name;
  const end = Math.ceil((longest - 1) / 2);
  return `${characters.slice(0, longest - 1 - end).join("")}…${characters.slice(-end).join("")}`;
}
