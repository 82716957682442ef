;; RUN: component unbundle --module-dir . %
(module)
