// The program `tenon`: one subcommand a file.
int main() { return 0; }
