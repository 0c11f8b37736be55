/** Returns a time after everything so far and before everything to come. */
export async function moment(): Promise<Date> {
  const turn = async (time: number) => {
    while (Date.now() <= time) await new Promise(setImmediate);
  };
  await turn(Date.now());
  const at = new Date();
  await turn(at.getTime());
  return at;
}
