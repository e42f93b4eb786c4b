/** Stands for libraries that jsPDF names and no figure needs. */
export default undefined;
