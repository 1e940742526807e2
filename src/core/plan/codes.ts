// The codes of everything that can be wrong with a plan: one place, one meaning each, never used again for another.

/** What each code means, in the words of the reference page. */
export const planCodes = {
  'BK-0401': 'The file is not well-formed YAML.',
  'BK-0402': 'A key stands twice in one map.',
  'BK-0403': 'The plan is too large.',
  'BK-0404': 'The plan is nested too deeply.',
  'BK-0405': 'Aliases make the plan too large.',
  'BK-0406': 'An alias contains itself, or names an anchor that is not there.',
  'BK-0407': 'A key is not allowed in a plan.',
  'BK-0408': 'The file contains characters that no text file has.',
  'BK-0409': 'A value is outside of what JSON can hold exactly.',
  'BK-0410': 'A key is not known here.',
  'BK-0411': 'A value is not what is wanted here.',
  'BK-0412': 'A name is used that is not defined.',
  'BK-0413': 'Something is missing.',
  'BK-0414': 'A secret reference is malformed.',
  'BK-0415': 'An included file cannot be read.',
  'BK-0416': 'A plan includes itself.',
  'BK-0417': 'A file is included twice.',
  'BK-0418': 'Two files of one plan define the same thing.',
  'BK-0419': 'A name is given twice.',
  'BK-0420': 'Steps wait for each other, or for something that comes later.',
  'BK-0421': 'Two statements contradict each other.',
  'BK-0422': 'The plan is empty, or not a map.',
} as const;

/** A code of the plan language. */
export type PlanCode = keyof typeof planCodes;
