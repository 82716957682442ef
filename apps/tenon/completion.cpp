// tenon completion: scripts for shells, made from the declarations of all subcommands, so that they cannot go stale.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

namespace {

struct CommandWords {
  std::string name;
  std::string summary;
  struct Option {
    std::vector<std::string> short_names;  // without dashes
    std::vector<std::string> long_names;
    std::string description;
    bool takes_value;
  };
  std::vector<Option> options;
};

std::vector<CommandWords> collect(const CLI::App& program) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options([](const CLI::Option*) { return true; })) {
      if (option->get_group().empty()) continue;  // hidden
      if (option->get_snames().empty() && option->get_lnames().empty()) continue;
      words.options.push_back({option->get_snames(), option->get_lnames(), option->get_description(),
                               option->get_items_expected_max() > 0});
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

std::string joined_options(const CommandWords& command) {
  std::string words;
  for (const CommandWords::Option& option : command.options) {
    for (const std::string& name : option.short_names) words += "-" + name + " ";
    for (const std::string& name : option.long_names) words += "--" + name + " ";
  }
  return words;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names += command.name + " ";
    cases += "    " + command.name + ") options='" + joined_options(command) + "' ;;\n";
  }
  return "_tenon() {\n  local word=${COMP_WORDS[COMP_CWORD]} options=''\n  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '" +
         names +
         "--help --version' -- \"$word\"))\n    return\n  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  case $word in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
         "    *) [ \"${COMP_WORDS[1]}\" = completion ] && COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n"
         "  esac\n}\ncomplete -o default -F _tenon tenon\n";
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
  std::string names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names += "    " + quoted(command.name + ":" + command.summary) + "\n";
    cases += "    " + command.name + ") compadd -- " + joined_options(command) + ";;\n";
  }
  return "#compdef tenon\n_tenon() {\n  local -a commands=(\n" + names +
         "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
         "  if [[ $words[2] == completion && $words[CURRENT] != -* ]]; then\n    compadd bash zsh fish\n    return\n  "
         "fi\n"
         "  if [[ $words[CURRENT] != -* ]]; then\n    _files\n    return\n  fi\n  case $words[2] in\n" +
         cases + "  esac\n}\ncompdef _tenon tenon\n";
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string script;
  for (const CommandWords& command : commands) {
    script +=
        "complete -c tenon -n __fish_use_subcommand -f -a " + command.name + " -d " + quoted(command.summary) + "\n";
    const std::string condition = " -n " + quoted("__fish_seen_subcommand_from " + command.name);
    for (const CommandWords::Option& option : command.options) {
      script += "complete -c tenon" + condition;
      for (const std::string& name : option.short_names) script += " -s " + name;
      for (const std::string& name : option.long_names) script += " -l " + name;
      script += (option.takes_value ? " -r" : "") + std::string(" -d ") + quoted(option.description) + "\n";
    }
  }
  return script + "complete -c tenon -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n";
}

}  // namespace

Action declare_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell, &command] {
    const std::vector<CommandWords> commands = collect(*command.get_parent());
    const std::string script = *shell == "bash"  ? bash_script(commands)
                               : *shell == "zsh" ? zsh_script(commands)
                                                 : fish_script(commands);
    return write_output("-", script) ? ExitCode::ok : ExitCode::io;
  };
}

}  // namespace tenon::program
