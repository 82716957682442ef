// tenon completion: scripts for shells, made from the declarations of all subcommands, so that they cannot go stale.
#include <algorithm>
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
    std::string choices;  // what it may be, if that is a few words
    bool takes_value;
  };
  std::vector<Option> options;
  std::string choices;  // of its argument
  std::vector<CommandWords> subcommands;
};

// "auto always never" of an option whose help shows `{auto,always,never}`.
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  std::string words = type.substr(open + 1, close - open - 1);
  std::ranges::replace(words, ',', ' ');
  return words;
}

// Recursion is as deep as subcommands are nested: two levels.
std::vector<CommandWords> collect(const CLI::App& program) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}, {}, collect(*command)};
    for (const CLI::Option* option : command->get_options([](const CLI::Option*) { return true; })) {
      if (option->get_group().empty()) continue;  // hidden
      if (option->get_snames().empty() && option->get_lnames().empty()) {
        words.choices += choices_of(*option);
        continue;
      }
      words.options.push_back({option->get_snames(), option->get_lnames(), option->get_description(),
                               choices_of(*option), option->get_items_expected_max() > 0});
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

std::string joined_names(const std::vector<CommandWords>& commands) {
  std::string words;
  for (const CommandWords& command : commands) words += command.name + " ";
  return words;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// `visit(path, command)` with each command that takes options, "run" or "component new".
void for_each_path(const std::vector<CommandWords>& commands, const std::string& prefix, const auto& visit) {
  for (const CommandWords& command : commands) {
    visit(prefix + command.name, command);
    for_each_path(command.subcommands, prefix + command.name + " ", visit);
  }
}

// The script finds out which command the line is about, then what the word may be: a subcommand, a choice of the option
// before it, an option, or a choice of the argument. If it is none of these, the shell completes names of files.
std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string groups;
  std::string values;
  std::string options;
  std::string arguments;
  for_each_path(commands, "", [&](const std::string& path, const CommandWords& command) {
    if (!command.subcommands.empty()) {
      groups += "    " + path + ")\n      if [ \"$COMP_CWORD\" -eq 2 ]; then\n        COMPREPLY=($(compgen -W '" +
                joined_names(command.subcommands) + "--help' -- \"$word\"))\n        return\n      fi\n" +
                "      command=\"$command ${COMP_WORDS[2]}\" ;;\n";
    }
    for (const CommandWords::Option& option : command.options) {
      if (option.choices.empty()) continue;
      for (const std::string& name : option.short_names) {
        values += "    " + quoted(path + " -" + name) + ") words='" + option.choices + "' ;;\n";
      }
      for (const std::string& name : option.long_names) {
        values += "    " + quoted(path + " --" + name) + ") words='" + option.choices + "' ;;\n";
      }
    }
    options += "      " + quoted(path) + ") words='" + joined_options(command) + "' ;;\n";
    if (!command.choices.empty()) arguments += "      " + quoted(path) + ") words='" + command.choices + "' ;;\n";
  });
  return "_tenon() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local command=${COMP_WORDS[1]} words=''\n  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '" +
         joined_names(commands) + "--help --version' -- \"$word\"))\n    return\n  fi\n  case $command in\n" + groups +
         "  esac\n  case \"$command $before\" in\n" + values +
         "  esac\n  if [ -z \"$words\" ]; then\n    case $word in\n" + "    -*) case $command in\n" + options +
         "      esac ;;\n    *) case $command in\n" + arguments +
         "      esac ;;\n    esac\n  fi\n"
         "  [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
         "complete -o default -F _tenon tenon\n";
}

std::string zsh_list(const std::string& name, const std::vector<CommandWords>& commands) {
  std::string lines = "  local -a " + name + "=(\n";
  for (const CommandWords& command : commands) {
    lines += "    " + quoted(command.name + ":" + command.summary) + "\n";
  }
  return lines + "  )\n";
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
  std::string groups;
  std::string values;
  std::string options;
  std::string arguments;
  for_each_path(commands, "", [&](const std::string& path, const CommandWords& command) {
    if (!command.subcommands.empty()) {
      groups += zsh_list(path + "_commands", command.subcommands) + "  if [[ $command == " + path +
                " ]]; then\n    if (( CURRENT == 3 )); then\n      _describe command " + path +
                "_commands\n      return\n    fi\n    command=\"$command $words[3]\"\n  fi\n";
    }
    for (const CommandWords::Option& option : command.options) {
      if (option.choices.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.short_names) patterns += "|" + quoted(path + " -" + name);
      for (const std::string& name : option.long_names) patterns += "|" + quoted(path + " --" + name);
      values += "    " + patterns.substr(1) + ") compadd " + option.choices + "; return ;;\n";
    }
    options += "    " + quoted(path) + ") compadd -- " + joined_options(command) + ";;\n";
    if (!command.choices.empty()) {
      arguments += "      " + quoted(path) + ") compadd " + command.choices + "; return ;;\n";
    }
  });
  return "#compdef tenon\n_tenon() {\n  local command=$words[2]\n" + zsh_list("commands", commands) +
         "  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n" + groups +
         "  case \"$command $words[CURRENT-1]\" in\n" + values + "  esac\n  if [[ $words[CURRENT] != -* ]]; then\n" +
         "    case $command in\n" + arguments + "    esac\n    _files\n    return\n  fi\n  case $command in\n" +
         options + "  esac\n}\ncompdef _tenon tenon\n";
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string script;
  const auto add = [&](const std::string& condition, const CommandWords& command) {
    for (const CommandWords::Option& option : command.options) {
      script += "complete -c tenon -n " + quoted(condition);
      for (const std::string& name : option.short_names) script += " -s " + name;
      for (const std::string& name : option.long_names) script += " -l " + name;
      if (!option.choices.empty()) script += " -x -a " + quoted(option.choices);
      script += (option.takes_value ? " -r" : "") + std::string(" -d ") + quoted(option.description) + "\n";
    }
    if (!command.choices.empty()) {
      script += "complete -c tenon -n " + quoted(condition) + " -f -a " + quoted(command.choices) + "\n";
    }
  };
  for (const CommandWords& command : commands) {
    script +=
        "complete -c tenon -n __fish_use_subcommand -f -a " + command.name + " -d " + quoted(command.summary) + "\n";
    const std::string seen = "__fish_seen_subcommand_from " + command.name;
    if (command.subcommands.empty()) {
      add(seen, command);
      continue;
    }
    const std::string names = joined_names(command.subcommands);
    for (const CommandWords& inner : command.subcommands) {
      script += "complete -c tenon -n " + quoted(seen + "; and not __fish_seen_subcommand_from " + names) + " -f -a " +
                inner.name + " -d " + quoted(inner.summary) + "\n";
      add(seen + "; and __fish_seen_subcommand_from " + inner.name, inner);
    }
  }
  return script;
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
