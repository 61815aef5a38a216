/** Runs a program, and says what it was refused for without the stack of calls that led there. */
export async function sayWhy(program: () => void | Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    if (!(error instanceof Error && /^(Gatepost: |Validation failed)/.test(error.message))) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
